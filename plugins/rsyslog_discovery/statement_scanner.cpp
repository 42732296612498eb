#include "plugins/rsyslog_discovery/statement_scanner.h"

#include "shared/service_config/server_name.h"

#include <algorithm>
#include <array>

namespace perennial::plugins::rsyslog {

namespace {

constexpr std::size_t mostParameters = 200; // of one object
constexpr std::array<std::string_view, 16> objects = {"global", "main_queue", "template", "ruleset",
    "property", "constant", "input", "module", "lookup_table", "parser", "timezone", "dyn_stats",
    "perctile_stats", "ratelimit", "include", "action"};
// What begins an expression, and what ends it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> expressions = {
    {{"if", "then"}, {"foreach", "do"}, {"set", ";"}, {"unset", ";"}, {"reset", ";"},
        {"call_indirect", ";"}, {"reload_lookup_table", ";"}}};

bool isBlank(char c) { return c == ' ' || c == '\t'; }
bool isSpace(char c) { return isBlank(c) || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isOneOf(char c, std::string_view characters)
{
    return c != '\0' && characters.find(c) != std::string_view::npos;
}
bool isOfWord(char c) { return isLetter(c) || isDigit(c) || isOneOf(c, "_-+,;"); }

template <class Test>
std::size_t endOf(std::string_view text, std::size_t at, Test&& test)
{
    while (at < text.size() && test(text[at]))
        ++at;
    return at;
}

// "mail.info;*.err": up to where it ends, or where it begins when it is none.
std::size_t endOfSelector(std::string_view text, std::size_t begin)
{
    auto at = endOf(text, begin, [](char c) { return c == '*' || isLetter(c); });
    if (at == begin) return begin;
    at = endOf(text, at, [](char c) { return c >= '0' && c <= '7'; });
    if (at == text.size() || !isOneOf(text[at], ".,")) return begin;
    const auto end = endOf(text, at + 1,
        [](char c) { return isLetter(c) || (c >= '0' && c <= '7') || isOneOf(c, ",!=;.*"); });
    return end == at + 1 ? begin : end;
}

} // namespace

// A line that ends with a backslash goes on in the next one, behind its white space.
StatementScanner::StatementScanner(std::string_view text)
{
    bool continues = false;
    int number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        auto line = text.substr(begin, end - begin);
        begin = end + 1;
        ++number;
        if (continues) line.remove_prefix(endOf(line, 0, isSpace));
        lines_.emplace_back(text_.size(), number);
        continues = line.ends_with('\\');
        if (continues) line.remove_suffix(1);
        text_ += line;
        if (!continues) text_ += '\n';
    }
}

int StatementScanner::lineAt(std::size_t position) const
{
    const auto after = std::upper_bound(lines_.begin(), lines_.end(), position,
        [](std::size_t at, const auto& line) { return at < line.first; });
    return after == lines_.begin() ? 1 : std::prev(after)->second;
}

bool StatementScanner::beginsWith(std::string_view text) const
{
    return std::string_view(text_).substr(at_).starts_with(text);
}

void StatementScanner::skipTo(std::string_view characters)
{
    at_ = std::min(text_.find_first_of(characters, at_), text_.size());
}

void StatementScanner::skipComment()
{
    const auto end = text_.find("*/", at_ + 2);
    at_ = end == std::string::npos ? text_.size() : end + 2;
}

std::optional<Statement> StatementScanner::next()
{
    while (at_ < text_.size()) {
        const char c = here();
        if (isSpace(c)) {
            lineBegins_ = c == '\n' || (lineBegins_ && isBlank(c));
            ++at_;
            continue;
        }
        const bool lineBegins = std::exchange(lineBegins_, false);
        if (c == '#') {
            skipTo("\n");
        } else if (beginsWith("/*")) {
            skipComment();
        } else if (c == '$' && at_ + 1 < text_.size() && isLetter(text_[at_ + 1])) {
            return directive();
        } else if (c == ':') {
            skipTo("\"\n"); // a filter by property, or an action of a module
            if (here() == '"' && !skipQuoted()) ++at_;
        } else if (c == '/') {
            skipTo(" \t\n");
        } else if (isOneOf(c, "|.-@^?~>")) {
            skipTo("\t\n");
        } else if (const auto end = endOfSelector(text_, at_); lineBegins && end != at_) {
            at_ = end;
        } else if (!isOfWord(c)) {
            ++at_;
        } else if (auto statement = atWord()) {
            return statement;
        }
    }
    return std::nullopt;
}

Statement StatementScanner::directive()
{
    Statement statement;
    statement.line = lineAt(at_);
    const auto nameEnd = endOf(text_, at_ + 1, [](char c) { return !isSpace(c); });
    statement.name = service_config::lowerCase(text_.substr(at_ + 1, nameEnd - at_ - 1));
    const auto begin = endOf(text_, nameEnd, isBlank);
    const auto end = endOf(text_, begin, [](char c) { return !isSpace(c); });
    statement.value = text_.substr(begin, end - begin);
    skipTo("\n");
    return statement;
}

// An object, or a word that is passed over with the expression that it begins.
std::optional<Statement> StatementScanner::atWord()
{
    const auto begin = at_;
    at_ = endOf(text_, at_, isOfWord);
    auto word = service_config::lowerCase(text_.substr(begin, at_ - begin));
    for (const auto& [first, last] : expressions) {
        if (word != first) continue;
        skipExpression(last);
        return std::nullopt;
    }
    if (std::find(objects.begin(), objects.end(), word) == objects.end()) return std::nullopt;
    const auto open = endOf(text_, at_, [](char c) { return isBlank(c) || c == '\n'; });
    if (open == text_.size() || text_[open] != '(') return std::nullopt;
    Statement statement;
    statement.kind = Statement::Kind::Object;
    statement.line = lineAt(begin);
    at_ = open + 1;
    const auto fault = takeObject(statement);
    statement.name = fault.empty() ? std::move(word) : fault;
    if (!fault.empty()) statement.kind = Statement::Kind::Fault;
    return statement;
}

void StatementScanner::skipBlanksOfObject()
{
    while (at_ < text_.size()) {
        if (isSpace(here()))
            ++at_;
        else if (here() == '#')
            skipTo("\n");
        else if (beginsWith("/*"))
            skipComment();
        else
            return;
    }
}

std::string StatementScanner::takeObject(Statement& statement)
{
    while (true) {
        skipBlanksOfObject();
        if (at_ == text_.size()) return "an object without an end";
        if (here() == ')') break;
        if (auto fault = takeParameter(statement); !fault.empty()) return fault;
        if (statement.parameters.size() + statement.computed.size() > mostParameters)
            return "an object with too many parameters";
    }
    ++at_;
    return {};
}

std::string StatementScanner::takeParameter(Statement& statement)
{
    constexpr auto wrong = "an object that rsyslog does not read";
    const auto end =
        endOf(text_, at_, [](char c) { return isLetter(c) || isDigit(c) || c == '_' || c == '.'; });
    auto name = service_config::lowerCase(text_.substr(at_, end - at_));
    at_ = end;
    skipBlanksOfObject();
    if (name.empty() || here() != '=') return wrong;
    ++at_;
    skipBlanksOfObject();
    std::string value;
    bool computed = false;
    if (here() != '[') {
        if (auto fault = takeValue(value, computed); !fault.empty()) return fault;
    } else {
        bool isFirst = true;
        do { // of a list
            ++at_;
            skipBlanksOfObject();
            std::string one;
            if (auto fault = takeValue(one, computed); !fault.empty()) return fault;
            if (std::exchange(isFirst, false)) value = std::move(one);
            skipBlanksOfObject();
        } while (here() == ',');
        if (here() != ']') return wrong;
        ++at_;
    }
    if (computed)
        statement.computed.push_back(std::move(name));
    else
        statement.parameters.emplace(std::move(name), std::move(value));
    return {};
}

std::string StatementScanner::takeValue(std::string& value, bool& computed)
{
    if (here() == '"') return takeString(value);
    const auto end = here() == '`' ? text_.find('`', at_ + 1) : std::string::npos;
    if (end == std::string::npos) return "an object that rsyslog does not read";
    computed = true;
    at_ = end + 1;
    return {};
}

std::string StatementScanner::takeString(std::string& value)
{
    for (++at_; at_ < text_.size(); ++at_) {
        const char c = text_[at_];
        if (c == '"') {
            ++at_;
            return {};
        }
        if (c != '\\') {
            value += c;
            continue;
        }
        constexpr std::string_view names = "abfnrtv'\"?\\";
        constexpr std::string_view meant = "\a\b\f\n\r\t\v'\"?\\";
        const char escaped = at_ + 1 < text_.size() ? text_[++at_] : '\0';
        const auto octal = [&](std::size_t back) {
            const char digit = at_ + back < text_.size() ? text_[at_ + back] : '\0';
            return digit >= '0' && digit <= '7' ? digit - '0' : -1;
        };
        if (isOneOf(escaped, names)) {
            value += meant[names.find(escaped)];
        } else if (octal(0) >= 0 && octal(1) >= 0 && octal(2) >= 0) {
            value += static_cast<char>(octal(0) * 64 + octal(1) * 8 + octal(2));
            at_ += 2;
        } else {
            return "a string with an escape that rsyslog does not know";
        }
    }
    return "a string without an end";
}

bool StatementScanner::skipQuoted()
{
    const char quote = here();
    if (unclosed_.find(quote) != std::string::npos) return false;
    for (auto at = at_ + 1; at < text_.size(); ++at) {
        if (text_[at] == '\\') {
            ++at;
        } else if (text_[at] == quote) {
            at_ = at + 1;
            return true;
        }
    }
    unclosed_ += quote;
    return false;
}

void StatementScanner::skipExpression(std::string_view end)
{
    while (at_ < text_.size()) {
        const char c = here();
        if (c == ';' && end == ";") {
            ++at_;
            return;
        }
        if (isOneOf(c, "\"'`")) {
            if (!skipQuoted()) ++at_;
        } else if (beginsWith("/*")) {
            skipComment();
        } else if (c == '$') { // a variable, whatever it is called
            at_ = endOf(text_, at_ + 1,
                [](char x) { return isLetter(x) || isDigit(x) || isOneOf(x, "$!./@_-[]"); });
        } else if (isLetter(c) || isDigit(c) || c == '_') {
            const auto begin = at_;
            at_ = endOf(text_, at_, [](char x) { return isLetter(x) || isDigit(x) || x == '_'; });
            if (service_config::lowerCase(text_.substr(begin, at_ - begin)) == end) return;
        } else {
            ++at_;
        }
    }
}

} // namespace perennial::plugins::rsyslog
