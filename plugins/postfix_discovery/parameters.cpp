#include "plugins/postfix_discovery/parameters.h"

#include <algorithm>
#include <array>
#include <optional>

namespace perennial::plugins::postfix {

namespace {

constexpr std::size_t valueLimit = 64U << 10U;
constexpr int mostMacros = 1000; // of one value
constexpr int mostDepth = 20;
constexpr std::string_view blanks = " \t\r\v\f";
constexpr std::string_view nameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

// What Postfix 3.7 takes where nothing is written; others are empty. tlsproxy's are those of smtpd.
const std::map<std::string, std::string> defaults = {{"smtpd_tls_key_file", "$smtpd_tls_cert_file"},
    {"smtpd_tls_eckey_file", "$smtpd_tls_eccert_file"},
    {"smtpd_tls_dkey_file", "$smtpd_tls_dcert_file"}, {"smtp_tls_key_file", "$smtp_tls_cert_file"},
    {"smtp_tls_eckey_file", "$smtp_tls_eccert_file"},
    {"smtp_tls_dkey_file", "$smtp_tls_dcert_file"}, {"lmtp_tls_key_file", "$lmtp_tls_cert_file"},
    {"lmtp_tls_eckey_file", "$lmtp_tls_eccert_file"},
    {"lmtp_tls_dkey_file", "$lmtp_tls_dcert_file"}, {"inet_interfaces", "all"},
    {"inet_protocols", "all"}, {"smtpd_use_tls", "no"}, {"smtpd_enforce_tls", "no"},
    {"smtpd_tls_wrappermode", "no"}};

constexpr std::array<std::string_view, 7> known = {"smtpd_tls_", "smtp_tls_", "lmtp_tls_",
    "tlsproxy_tls_", "smtpd_upstream_proxy_protocol", "postscreen_upstream_proxy_protocol",
    "tls_server_sni_maps"};

std::optional<std::string> defaultOf(const std::string& name)
{
    if (const auto at = defaults.find(name); at != defaults.end()) return at->second;
    constexpr std::string_view proxy = "tlsproxy_";
    if (name.starts_with(proxy)) return "$smtpd_" + name.substr(proxy.size());
    const bool empty = std::any_of(
        known.begin(), known.end(), [&](const auto& prefix) { return name.starts_with(prefix); });
    if (empty) return std::string();
    return std::nullopt;
}

Error wrong(const char* what) { return {ErrorKind::InvalidInput, what}; }

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Puts macros in, within limits that one value's macros share.
class Expansion {
public:
    explicit Expansion(const std::map<std::string, Value>& written) : written_(written) {}

    Status add(std::string_view text, int depth)
    {
        if (depth > mostDepth) return wrong("has macros that are nested too deep");
        while (!text.empty()) {
            const auto dollar = std::min(text.find('$'), text.size());
            result_ += text.substr(0, dollar);
            text.remove_prefix(dollar);
            if (result_.size() > valueLimit) return wrong("has macros that make it too long");
            if (text.empty()) break;
            if (auto status = takeMacro(text, depth); !status) return status;
        }
        return {};
    }
    std::string result() { return std::move(result_); }

private:
    Status takeMacro(std::string_view& text, int depth)
    {
        text.remove_prefix(1);
        if (text.starts_with('$')) {
            result_ += '$';
            text.remove_prefix(1);
            return {};
        }
        if (++macros_ > mostMacros) return wrong("has too many macros");
        const bool enclosed = text.starts_with('{') || text.starts_with('(');
        const char close = text.starts_with('{') ? '}' : ')';
        if (enclosed) text.remove_prefix(1);
        const auto end = std::min(text.find_first_not_of(nameCharacters), text.size());
        const auto name = std::string(text.substr(0, end));
        text.remove_prefix(end);
        if (enclosed && !text.starts_with(close))
            return wrong("has an expression that is not followed here");
        if (enclosed) text.remove_prefix(1);
        if (name.empty()) return wrong("has a '$' without a name");
        const auto found = written_.find(name);
        if (found != written_.end()) return add(found->second.text, depth + 1);
        const auto otherwise = defaultOf(name);
        if (!otherwise) return wrong("has a macro that only a running Postfix knows");
        return add(*otherwise, depth + 1);
    }

    const std::map<std::string, Value>& written_;
    std::string result_;
    int macros_ = 0;
};

} // namespace

Parameters Parameters::from(const std::string& text, const std::string& file, Discovery& found)
{
    Parameters parameters;
    parameters.file_ = file;
    const auto lines = linesOf(text);
    if (!lines) {
        found.skip(file + ":" + lines.error().message);
        return parameters;
    }
    for (const auto& line : *lines) {
        const auto at = file + ":" + std::to_string(line.number);
        const auto equals = line.text.find('=');
        const auto name = trimmed(std::string_view(line.text).substr(0, equals));
        if (equals == std::string::npos || name.empty() ||
            name.find_first_of(blanks) != std::string_view::npos) {
            found.skip(at + ": not of the form name = value");
            continue;
        }
        parameters.set(std::string(name),
            std::string(trimmed(std::string_view(line.text).substr(equals + 1))), at);
    }
    return parameters;
}

Result<Value> Parameters::value(const std::string& name) const
{
    const auto found = written_.find(name);
    const auto text = found != written_.end() ? found->second.text : defaultOf(name).value_or("");
    const auto at = found != written_.end() ? found->second.at : file_;
    Expansion expansion(written_);
    if (auto status = expansion.add(text, 0); !status) return status.error().in(at + ": " + name);
    return Value{std::string(trimmed(expansion.result())), at};
}

} // namespace perennial::plugins::postfix
