#include "shared/tls/start_tls.h"

#include "shared/base/encoding.h"

#include <algorithm>
#include <array>
#include <utility>

namespace perennial::tls {

using namespace std::string_view_literals;

namespace {

constexpr std::array<std::string_view, 4> protocols = {"smtp", "imap", "pop3", "postgresql"};
constexpr std::size_t lineLimit = 8192;
constexpr std::size_t heardLimit = 64U << 10U; // of a whole conversation
constexpr std::size_t quoteLimit = 100;

// Its length, then the code 1234 5679, both in network order.
constexpr auto sslRequest = "\0\0\0\x08\x04\xD2\x16\x2F"sv;

Error unavailable(const std::string& what) { return {ErrorKind::Unavailable, what}; }

Error refused(std::string_view words)
{
    return unavailable("no TLS: the server says \"" + toPrintable(words, quoteLimit) + "\"");
}

bool isIgnoringCase(std::string_view text, std::string_view upper)
{
    return std::equal(text.begin(), text.end(), upper.begin(), upper.end(), [](char a, char b) {
        return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
    });
}

std::string_view firstWord(std::string_view text) { return text.substr(0, text.find(' ')); }

} // namespace

bool isStartTls(const std::string& protocol)
{
    return protocol.empty() ||
           std::find(protocols.begin(), protocols.end(), protocol) != protocols.end();
}

StartTls::StartTls(const std::string& protocol) : protocol_(protocol)
{
    if (protocol_.empty()) stage_ = Stage::Granted;
    if (protocol_ == "postgresql") ask(Stage::Permission, std::string(sslRequest));
}

std::string StartTls::takeOutput() { return std::exchange(output_, {}); }

void StartTls::ask(Stage next, std::string words)
{
    stage_ = next;
    output_ = std::move(words);
}

Status StartTls::hear(std::string_view bytes)
{
    heard_ += bytes.size();
    if (heard_ > heardLimit) return unavailable("no TLS: the server talks on and on before it");
    if (protocol_ == "postgresql") return hearPostgresql(bytes);
    input_ += bytes;
    for (auto end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
        // Words that were not asked for yet: nobody may answer before the question.
        if (granted() || !output_.empty()) break;
        auto line = input_.substr(0, end);
        input_.erase(0, end + 1);
        if (line.ends_with('\r')) line.pop_back();
        if (auto status = hearLine(line); !status) return status;
    }
    if (input_.size() > lineLimit) return unavailable("no TLS: the server's line has no end");
    if (!input_.empty() && (granted() || !output_.empty())) {
        stage_ = Stage::Greeting;
        return unavailable("no TLS: the server says more than it was asked before TLS begins");
    }
    return {};
}

Status StartTls::hearLine(std::string_view line)
{
    if (protocol_ == "smtp") return hearSmtp(line);
    return protocol_ == "imap" ? hearImap(line) : hearPop3(line);
}

// RFC 5321 4.2.1: "250-" while more lines come, then "250 " or "250".
Status StartTls::hearSmtp(std::string_view line)
{
    const auto expected = stage_ == Stage::Capabilities ? "250"sv : "220"sv;
    if (!line.starts_with(expected)) return refused(line);
    const auto rest = line.substr(expected.size());
    if (!rest.empty() && rest.front() != ' ' && rest.front() != '-') return refused(line);
    const auto text = rest.empty() ? rest : rest.substr(1);
    if (stage_ == Stage::Capabilities && isIgnoringCase(firstWord(text), "STARTTLS"))
        offered_ = true;
    if (rest.starts_with('-')) return {};
    // An address as the name: RFC 5321 4.1.4 allows it, and it tells nobody who asks.
    if (stage_ == Stage::Greeting)
        ask(Stage::Capabilities, "EHLO [127.0.0.1]\r\n");
    else if (stage_ == Stage::Permission)
        stage_ = Stage::Granted;
    else if (offered_)
        ask(Stage::Permission, "STARTTLS\r\n");
    else
        return unavailable("no TLS: the server does not offer STARTTLS");
    return {};
}

// RFC 9051 7: a line that begins with "*" was not asked for.
Status StartTls::hearImap(std::string_view line)
{
    constexpr auto tag = "p1 "sv;
    if (stage_ == Stage::Greeting) {
        // After PREAUTH it is too late for TLS.
        if (!line.starts_with("* ") || !isIgnoringCase(firstWord(line.substr(2)), "OK"))
            return refused(line);
        ask(Stage::Permission, std::string(tag) + "STARTTLS\r\n");
        return {};
    }
    if (line.starts_with("* ") && !isIgnoringCase(firstWord(line.substr(2)), "BYE")) return {};
    if (!line.starts_with(tag) || !isIgnoringCase(firstWord(line.substr(tag.size())), "OK"))
        return refused(line);
    stage_ = Stage::Granted;
    return {};
}

// RFC 1939 3: each answer here is one line.
Status StartTls::hearPop3(std::string_view line)
{
    if (firstWord(line) != "+OK") return refused(line);
    if (stage_ == Stage::Greeting)
        ask(Stage::Permission, "STLS\r\n");
    else
        stage_ = Stage::Granted;
    return {};
}

Status StartTls::hearPostgresql(std::string_view bytes)
{
    if (bytes.empty()) return {};
    if (bytes.front() == 'N') return unavailable("no TLS: the server does not offer it");
    if (bytes.front() != 'S') return refused(bytes);
    if (granted() || bytes.size() > 1)
        return unavailable("no TLS: the server says more than it was asked before TLS begins");
    stage_ = Stage::Granted;
    return {};
}

} // namespace perennial::tls
