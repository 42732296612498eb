#include "plugins/systemd_discovery/unit_text.h"

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
        whole += continues ? std::string(line.substr(0, line.size() - 1)) + " " : std::string(line);
        if (continues) continue;
        take(std::string_view(whole), first);
        whole.clear();
    }
    if (!whole.empty()) take(std::string_view(whole), first);
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
        if (const auto kind = kindOf(trimmed(line.substr(0, equals))))
            lines.push_back({*kind, std::string(trimmed(line.substr(equals + 1))), number});
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
