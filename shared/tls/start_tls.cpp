#include "shared/tls/start_tls.h"

#include "shared/base/encoding.h"
#include "shared/x509/openssl_errors.h"

#include <algorithm>
#include <array>
#include <openssl/asn1.h>
#include <utility>

namespace perennial::tls {

using namespace std::string_view_literals;

namespace {

constexpr std::array<std::string_view, 6> protocols = {
    "smtp", "imap", "pop3", "postgresql", "ldap", "mysql"};
constexpr std::size_t lineLimit = 8192;
constexpr std::size_t heardLimit = 64U << 10U; // of a whole conversation
constexpr std::size_t quoteLimit = 100;

// Its length, then the code 1234 5679, both in network order.
constexpr auto sslRequest = "\0\0\0\x08\x04\xD2\x16\x2F"sv;

// Message 1, the extended operation of StartTLS without a value (RFC 4511 4.12 and 4.14.1).
constexpr auto ldapRequest = "\x30\x1D\x02\x01\x01\x77\x18\x80\x16"
                             "1.3.6.1.4.1.1466.20037"sv;
constexpr std::size_t longestHeader = 6; // of an LDAP message that is read here

// Packet 1 of 32 bytes, numbers with the lowest byte first: LONG_PASSWORD, PROTOCOL_41, SSL,
// SECURE_CONNECTION and PLUGIN_AUTH, 16 MB at most, the character set utf8, 23 zeros.
constexpr auto mysqlRequest = "\x20\0\0\x01\x01\x8A\x08\0\0\0\0\x01\x21"
                              "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv;
static_assert(mysqlRequest.size() == 4 + 32);

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

Error slippedIn()
{
    return unavailable("no TLS: the server says more than it was asked before TLS begins");
}

// What begins a text of BER.
struct BerElement {
    enum class Form { Whole, CutOff, Wrong } form = Form::Wrong;
    int tag = -1;
    int tagClass = V_ASN1_UNIVERSAL;
    std::string_view content;
    std::string_view rest;
};

BerElement elementOf(std::string_view bytes)
{
    const auto* const begin = reinterpret_cast<const unsigned char*>(bytes.data());
    const auto* in = begin;
    long size = 0;
    BerElement element;
    x509::clearOpensslErrors();
    const int flags = ASN1_get_object(
        &in, &size, &element.tag, &element.tagClass, static_cast<long>(bytes.size()));
    x509::clearOpensslErrors();
    constexpr int broken = 0x80;
    if (flags == broken && bytes.size() < longestHeader) element.form = BerElement::Form::CutOff;
    if (flags == broken) return element;
    if ((flags & broken) != 0) {
        if (size < static_cast<long>(lineLimit)) element.form = BerElement::Form::CutOff;
        return element;
    }
    element.form = BerElement::Form::Whole;
    const auto at = static_cast<std::size_t>(in - begin);
    element.content = bytes.substr(at, static_cast<std::size_t>(size));
    element.rest = bytes.substr(at + static_cast<std::size_t>(size));
    return element;
}

bool isUniversal(const BerElement& element, int tag)
{
    return element.form == BerElement::Form::Whole && element.tagClass == V_ASN1_UNIVERSAL &&
           element.tag == tag;
}

} // namespace

bool isStartTls(const std::string& protocol)
{
    return protocol.empty() ||
           std::find(protocols.begin(), protocols.end(), protocol) != protocols.end();
}

bool countsLooks(const std::string& protocol, const std::string& host)
{
    return protocol == "mysql" && !host.starts_with("127.") && host != "::1";
}

StartTls::StartTls(const std::string& protocol) : protocol_(protocol)
{
    if (protocol_.empty()) stage_ = Stage::Granted;
    if (protocol_ == "postgresql") ask(Stage::Permission, std::string(sslRequest));
    if (protocol_ == "ldap") ask(Stage::Permission, std::string(ldapRequest));
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
    if (protocol_ == "ldap") return hearLdap();
    if (protocol_ == "mysql") return hearMysql();
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
        return slippedIn();
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
    if (granted() || bytes.size() > 1) return slippedIn();
    stage_ = Stage::Granted;
    return {};
}

// An ExtendedResponse to message 1: the result's code, a name and a text, and what nobody asks for
// (RFC 4511 4.1.9 and 4.12).
Status StartTls::hearLdap()
{
    if (granted()) return slippedIn();
    if (input_.empty()) return {};
    constexpr char sequence = V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED;
    const auto message = elementOf(input_);
    if (input_.front() != sequence || message.form == BerElement::Form::Wrong)
        return refused(input_);
    if (message.form == BerElement::Form::CutOff) return {};
    if (!message.rest.empty()) return slippedIn();
    const auto number = elementOf(message.content);
    const auto answer = elementOf(number.rest);
    const auto code = elementOf(answer.content);
    constexpr int extendedResponse = 24;
    if (!isUniversal(number, V_ASN1_INTEGER) || number.content != "\x01" ||
        answer.form != BerElement::Form::Whole || answer.tagClass != V_ASN1_APPLICATION ||
        answer.tag != extendedResponse || !isUniversal(code, V_ASN1_ENUMERATED))
        return refused(input_);
    if (code.content != "\0"sv) return refused(elementOf(elementOf(code.rest).rest).content);
    stage_ = Stage::Granted;
    return {};
}

// Packet 0: either an error, or protocol 10, the version up to a zero, 4 bytes of a number, 8 of a
// nonce and a zero, and the lower half of what the server is capable of. TLS begins right behind
// the request: nobody answers it.
Status StartTls::hearMysql()
{
    constexpr std::size_t header = 4;
    const std::string_view heard = input_;
    const auto byteAt = [](std::string_view bytes, std::size_t at) {
        return static_cast<unsigned>(static_cast<unsigned char>(bytes[at]));
    };
    if (heard.size() < header) return {};
    const std::size_t size = byteAt(heard, 0) | byteAt(heard, 1) << 8U | byteAt(heard, 2) << 16U;
    if (size == 0 || size > lineLimit || heard[3] != 0) return refused(heard);
    if (heard.size() < header + size) return {};
    if (heard.size() > header + size) return slippedIn();
    const auto packet = heard.substr(header);
    constexpr char error = '\xFF';
    constexpr std::size_t errorNumber = 3;
    if (packet.front() == error) return refused(packet.substr(std::min(errorNumber, size)));
    const auto version = packet.find('\0', 1);
    if (packet.front() != '\x0A' || version == std::string_view::npos) return refused(heard);
    const auto rest = packet.substr(version + 1);
    constexpr std::size_t before = 13;
    if (rest.size() < before + 2) return refused(heard);
    constexpr unsigned tlsOfUpperByte = 0x08;
    if ((byteAt(rest, before + 1) & tlsOfUpperByte) == 0)
        return unavailable("no TLS: the server does not offer it");
    ask(Stage::Granted, std::string(mysqlRequest));
    return {};
}

} // namespace perennial::tls
