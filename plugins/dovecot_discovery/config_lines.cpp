#include "plugins/dovecot_discovery/config_lines.h"

#include <algorithm>

namespace perennial::plugins::dovecot {

namespace {

constexpr std::size_t lineLimit = 64U << 10U;
constexpr std::string_view blanks = " \t";

Error wrong(const char* what) { return {ErrorKind::InvalidInput, what}; }

std::string_view withoutBlanksBefore(std::string_view text)
{
    return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
}

std::string_view withoutBlanksBehind(std::string_view text)
{
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

// What stands before a '#' outside of quotes.
std::string_view withoutComment(std::string_view line)
{
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '#') return line.substr(0, i);
        if (line[i] != '\'' && line[i] != '"') continue;
        const char quote = line[i];
        for (++i; i < line.size() && line[i] != quote; ++i) {
            if (line[i] == '\\' && i + 1 < line.size()) ++i;
        }
    }
    return line;
}

std::string unescaped(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        plain += text[i];
    }
    return plain;
}

bool isQuoted(std::string_view text)
{
    return text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
           text.back() == text.front();
}

Statement assignment(std::string key, std::string_view value)
{
    using Kind = Statement::Kind;
    if (value.starts_with('<'))
        return {Kind::File, std::move(key), std::string(withoutBlanksBefore(value.substr(1)))};
    if (!value.starts_with('"') && !value.starts_with('\'') && value.find('$') != std::string::npos)
        return {Kind::Variable, std::move(key), std::string(value)};
    if (value == "\"" || value == "'") return {Kind::Value, std::move(key), {}};
    if (isQuoted(value))
        return {Kind::Value, std::move(key), unescaped(value.substr(1, value.size() - 2))};
    return {Kind::Value, std::move(key), std::string(value)};
}

Result<Statement> opening(std::string key, std::string_view rest)
{
    std::string name;
    if (rest.empty()) return wrong("neither a value nor a block");
    if (rest.starts_with('"')) {
        const auto end = rest.find('"', 1);
        if (end == std::string_view::npos) return wrong("a quote is left open");
        name = unescaped(rest.substr(1, end - 1));
        rest = withoutBlanksBefore(rest.substr(end + 1));
    } else if (!rest.starts_with('{')) {
        const auto end = std::min(rest.find_first_of(blanks), rest.size());
        name = rest.substr(0, end);
        rest = withoutBlanksBefore(rest.substr(end));
    }
    if (rest != "{") return wrong("neither a value nor a block");
    return Statement{Statement::Kind::Open, std::move(key), std::move(name)};
}

Result<Statement> statementOf(std::string_view line)
{
    using Kind = Statement::Kind;
    const auto end = std::min(line.find_first_of(" \t="), line.size());
    auto key = std::string(line.substr(0, end));
    if (key.empty()) return wrong("a value without a name");
    const auto rest = withoutBlanksBefore(line.substr(end));
    if (key == "!include") return Statement{Kind::Include, {}, std::string(rest)};
    if (key == "!include_try") return Statement{Kind::IncludeTry, {}, std::string(rest)};
    if (rest.starts_with('='))
        return assignment(std::move(key), withoutBlanksBefore(rest.substr(1)));
    if (key == "}" && rest.empty()) return Statement{Kind::Close, {}, {}};
    return opening(std::move(key), rest);
}

} // namespace

Result<std::optional<Statement>> ConfigLines::next()
{
    std::string joined;
    while (at_ < text_.size()) {
        const auto end = std::min(text_.find('\n', at_), text_.size());
        auto line = text_.substr(at_, end - at_);
        at_ = end + 1;
        ++number_;
        if (line.ends_with('\r')) line.remove_suffix(1);
        line = withoutBlanksBehind(withoutComment(withoutBlanksBefore(line)));
        if (line.empty()) {
            joined.clear(); // Dovecot forgets what was to be gone on with
            continue;
        }
        if (joined.size() + line.size() > lineLimit) return wrong("a line over 65536 bytes");
        if (line.ends_with('\\')) {
            joined += withoutBlanksBehind(line.substr(0, line.size() - 1));
            joined += ' ';
            continue;
        }
        joined += line;
        auto statement = statementOf(joined);
        if (!statement) return statement.error();
        statement->line = number_;
        return std::optional(*std::move(statement));
    }
    return std::optional<Statement>();
}

} // namespace perennial::plugins::dovecot
