#include "plugins/mariadb_discovery/option_lines.h"

#include "shared/service_config/server_name.h"

#include <algorithm>
#include <array>

namespace perennial::plugins::mariadb {

namespace {

constexpr std::size_t lineLimit = 4094; // of a longer one, MariaDB takes the rest for a line

Error wrong(const char* what) { return {ErrorKind::InvalidInput, what}; }

// MariaDB takes the file for Latin-1, where 0xA0 is a blank.
bool isSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\xA0'; }

std::string_view withoutBegin(std::string_view text)
{
    text.remove_prefix(static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), isSpace) - text.begin()));
    return text;
}

std::string_view trimmed(std::string_view text)
{
    text = withoutBegin(text);
    while (!text.empty() && isSpace(text.back()))
        text.remove_suffix(1);
    return text;
}

// Up to a '#' outside quotes. A quote that is left open goes to the end of the line.
std::string_view withoutComment(std::string_view text)
{
    char quote = 0;
    bool escaped = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if ((c == '\'' || c == '"') && !escaped) {
            if (quote == 0)
                quote = c;
            else if (quote == c)
                quote = 0;
        }
        if (quote == 0 && c == '#') return text.substr(0, at);
        escaped = quote != 0 && c == '\\' && !escaped;
    }
    return text;
}

std::string valueFrom(std::string_view text)
{
    text = trimmed(text);
    if (text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
        text.front() == text.back())
        text = text.substr(1, text.size() - 2);
    std::string value;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            value += text[at];
            continue;
        }
        constexpr std::string_view names = "ntrbs\"'\\";
        constexpr std::string_view meant = "\n\t\r\b \"'\\";
        const char c = text[++at];
        if (const auto known = names.find(c); known != std::string_view::npos)
            value += meant[known];
        else
            value.append({'\\', c});
    }
    return value;
}

// What follows '!'. A word that is no directive is passed over, as MariaDB does.
Result<OptionLine> directiveFrom(std::string_view text)
{
    text = withoutBegin(text);
    for (const auto& [word, kind] : {std::pair{"includedir", OptionLine::Kind::IncludeFolder},
             {"include", OptionLine::Kind::Include}}) {
        const std::string_view name(word);
        if (!text.starts_with(name) || text.size() == name.size() || !isSpace(text[name.size()]))
            continue;
        const auto path = trimmed(text.substr(name.size()));
        if (path.empty()) return wrong("an include of nothing");
        return OptionLine{kind, std::string(path), {}};
    }
    return OptionLine{};
}

} // namespace

Result<OptionLine> lineFrom(std::string_view line)
{
    if (line.size() > lineLimit) return wrong("is longer than 4094 bytes");
    const auto text = withoutBegin(line.substr(0, line.find('\0')));
    if (text.empty() || text.front() == '#' || text.front() == ';') return OptionLine{};
    if (text.front() == '!') return directiveFrom(text.substr(1));
    if (text.front() == '[') {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return wrong("a group without its bracket");
        auto name = text.substr(1, end - 1);
        while (!name.empty() && isSpace(name.back()))
            name.remove_suffix(1);
        return OptionLine{
            OptionLine::Kind::Group, service_config::lowerCase(std::string(name)), {}};
    }
    const auto option = withoutComment(text);
    const auto equals = option.find('=');
    OptionLine read{OptionLine::Kind::Option, std::string(trimmed(option.substr(0, equals))), {}};
    if (equals != std::string_view::npos) read.value = valueFrom(option.substr(equals + 1));
    return read;
}

std::string fullName(std::string name)
{
    name = service_config::lowerCase(std::move(name));
    std::replace(name.begin(), name.end(), '_', '-');
    constexpr std::string_view loose = "loose-";
    while (name.starts_with(loose))
        name.erase(0, loose.size());
    struct Known {
        std::string_view name;
        std::size_t least; // as long as it is no other option's beginning
    };
    constexpr std::array<Known, 7> known = {{{"ssl-cert", 6}, {"ssl-key", 5}, {"bind-address", 4},
        {"datadir", 4}, {"extra-port", 7}, {"skip-networking", 8}, {"skip-name-resolve", 7}}};
    for (const auto& one : known) {
        if (name.size() >= one.least && one.name.starts_with(name)) return std::string(one.name);
    }
    return name;
}

std::optional<Switch> switchFrom(
    const std::string& fullName, const std::optional<std::string>& value)
{
    constexpr std::array<std::string_view, 3> switches = {
        "ssl", "skip-networking", "skip-name-resolve"};
    const auto nameOf = [&](std::string_view name) {
        const auto* const known = std::find(switches.begin(), switches.end(), name);
        return known == switches.end() ? std::string_view() : *known;
    };
    if (const auto name = nameOf(fullName); !name.empty()) {
        const auto word = service_config::lowerCase(value.value_or("1"));
        return Switch{name, word == "1" || word == "on" || word == "true"};
    }
    for (const std::string_view before : {"skip-", "disable-", "enable-"}) {
        if (!fullName.starts_with(before)) continue;
        const auto name = nameOf(std::string_view(fullName).substr(before.size()));
        // No other value has a say here.
        if (!name.empty()) return Switch{name, (before == "enable-") != (value == "0")};
    }
    return std::nullopt;
}

} // namespace perennial::plugins::mariadb
