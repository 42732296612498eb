#include "plugins/systemd_discovery/unit_text.h"

#include "shared/base/secret.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace perennial::plugins::systemd {

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text)
{
    const auto begin = std::min(text.find_first_not_of(blanks), text.size());
    text.remove_prefix(begin);
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

bool startsProcesses(std::string_view section)
{
    return section == "[Service]" || section == "[Socket]" || section == "[Mount]" ||
           section == "[Swap]";
}

std::optional<CredentialLine::Kind> kindOf(std::string_view key)
{
    using Kind = CredentialLine::Kind;
    constexpr std::array<std::pair<std::string_view, Kind>, 4> keys = {
        {{"LoadCredential", Kind::Load}, {"LoadCredentialEncrypted", Kind::LoadEncrypted},
            {"SetCredential", Kind::Set}, {"SetCredentialEncrypted", Kind::SetEncrypted}}};
    for (const auto& [name, kind] : keys) {
        if (key == name) return kind;
    }
    return std::nullopt;
}

// Gives whole lines with the number of their first part. A comment within a continued line is no
// part of it.
template <class Take>
void eachLine(std::string_view text, const Take& take)
{
    std::string whole;
    whole.reserve(text.size()); // one place, which is wiped
    bool continues = false;
    int number = 0;
    int first = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        auto line = text.substr(begin, end - begin);
        begin = end + 1;
        ++number;
        const auto shown = trimmed(line);
        if (shown.starts_with('#') || shown.starts_with(';')) continue;
        if (!continues) first = number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        continues = line.ends_with('\\');
        whole += line;
        if (continues) {
            whole.back() = ' ';
            continue;
        }
        take(std::string_view(whole), first);
        whole.clear();
    }
    if (!whole.empty()) take(std::string_view(whole), first);
    const Secret wiped(std::move(whole));
}

int digitOf(char c, int base)
{
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : base;
    return digit < base ? digit : -1;
}

// The value of SetCredential= without its escapes; nothing for one that systemd refuses.
std::optional<Secret> unescaped(std::string_view value)
{
    std::string text;
    text.reserve(value.size()); // one place, which Secret wipes
    bool isRight = true;
    for (std::size_t at = 0; at < value.size() && isRight; ++at) {
        if (value[at] != '\\') {
            text += value[at];
            continue;
        }
        constexpr std::string_view names = "abfnrtvs\"'\\";
        constexpr std::string_view meant = "\a\b\f\n\r\t\v \"'\\";
        const char c = ++at < value.size() ? value[at] : '\0';
        const auto digit = [&](std::size_t behind, int base) {
            return at + behind < value.size() ? digitOf(value[at + behind], base) : -1;
        };
        if (c != '\0' && names.find(c) != std::string_view::npos) {
            text += meant[names.find(c)];
        } else if (c == 'x' && digit(1, 16) >= 0 && digit(2, 16) >= 0) {
            text += static_cast<char>(digit(1, 16) * 16 + digit(2, 16));
            at += 2;
        } else if (digit(0, 8) >= 0 && digit(1, 8) >= 0 && digit(2, 8) >= 0) {
            text += static_cast<char>(digit(0, 8) * 64 + digit(1, 8) * 8 + digit(2, 8));
            at += 2;
        } else {
            isRight = false;
        }
    }
    Secret plain(std::move(text));
    return isRight ? std::optional(std::move(plain)) : std::nullopt;
}

// Of a credential that is set: its certificates, and of the text no more than the name. Without a
// colon it is wrong, and one letter says so.
void takeSet(std::string_view value, CredentialLine& line)
{
    const auto colon = value.find(':');
    line.value = std::string(value.substr(0, colon == std::string_view::npos ? 1 : colon + 1));
    if (colon == std::string_view::npos || line.kind == CredentialLine::Kind::SetEncrypted) return;
    const auto plain = unescaped(value.substr(colon + 1));
    if (!plain || plain->reveal().find("-----BEGIN CERTIFICATE-----") == std::string_view::npos)
        return;
    auto certificates = x509::Certificate::allFromPem(plain->reveal());
    line.isBroken = !certificates.ok();
    if (certificates) line.certificates = *std::move(certificates);
}

} // namespace

std::vector<CredentialLine> credentialLines(std::string_view text)
{
    std::vector<CredentialLine> lines;
    bool isTaken = false;
    eachLine(text, [&](std::string_view line, int number) {
        line = trimmed(line);
        if (line.starts_with('[')) {
            isTaken = startsProcesses(line);
            return;
        }
        const auto equals = line.find('=');
        if (!isTaken || equals == std::string_view::npos) return;
        const auto kind = kindOf(trimmed(line.substr(0, equals)));
        if (!kind) return;
        const auto value = trimmed(line.substr(equals + 1));
        auto& taken = lines.emplace_back(CredentialLine{*kind, {}, number});
        if (*kind == CredentialLine::Kind::Set || *kind == CredentialLine::Kind::SetEncrypted)
            takeSet(value, taken);
        else
            taken.value = std::string(value);
    });
    return lines;
}

std::string UnitName::text() const
{
    return prefix + (instance.empty() ? "" : "@" + instance) + "." + type;
}

std::string UnitName::templateText() const
{
    return instance.empty() ? std::string() : prefix + "@." + type;
}

UnitName unitNameOf(const std::string& text)
{
    const auto dot = text.rfind('.');
    auto name = text.substr(0, dot);
    UnitName unit;
    unit.type = dot == std::string::npos ? std::string() : text.substr(dot + 1);
    const auto at = name.find('@');
    if (at != std::string::npos && at + 1 < name.size()) {
        unit.instance = name.substr(at + 1);
        name.resize(at);
    }
    unit.prefix = std::move(name);
    return unit;
}

bool expand(std::string& text, const UnitName& unit)
{
    std::string expanded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            expanded += text[at];
            continue;
        }
        const char specifier = at + 1 < text.size() ? text[++at] : '\0';
        switch (specifier) {
        case '%': expanded += '%'; break;
        case 'i': expanded += unit.instance; break;
        case 'p': expanded += unit.prefix; break;
        case 'n': expanded += unit.text(); break;
        case 'N': expanded += unit.text().substr(0, unit.text().rfind('.')); break;
        case 'j': expanded += unit.prefix.substr(unit.prefix.rfind('-') + 1); break;
        case 't': expanded += "/run"; break;
        case 'S': expanded += "/var/lib"; break;
        case 'C': expanded += "/var/cache"; break;
        case 'L': expanded += "/var/log"; break;
        case 'E': expanded += "/etc"; break;
        default: return false;
        }
    }
    text = std::move(expanded);
    return true;
}

} // namespace perennial::plugins::systemd
