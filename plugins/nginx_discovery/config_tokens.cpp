#include "plugins/nginx_discovery/config_tokens.h"

#include "plugins/nginx_discovery/lua_block.h"

#include <algorithm>

namespace perennial::plugins::nginx {

namespace {

constexpr std::string_view byteOrderMark = "\xEF\xBB\xBF";

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

Error wrong(const char* what) { return {ErrorKind::InvalidInput, what}; }

// What a backslash means: before quotes and itself it goes away, \t \r \n are control characters,
// any other stays with what follows it.
void addEscaped(std::string& word, char c)
{
    switch (c) {
    case '"':
    case '\'':
    case '\\': word += c; return;
    case 't': word += '\t'; return;
    case 'r': word += '\r'; return;
    case 'n': word += '\n'; return;
    default: word += '\\'; word += c;
    }
}

bool isLua(const std::vector<std::string>& words)
{
    return !words.empty() && words.front().ends_with("_by_lua_block");
}

} // namespace

ConfigTokens::ConfigTokens(std::string_view text) : text_(text)
{
    if (text_.starts_with(byteOrderMark)) at_ = byteOrderMark.size();
}

char ConfigTokens::take()
{
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
}

void ConfigTokens::skipSpaceAndComments()
{
    while (!atEnd()) {
        if (text_[at_] == '#')
            at_ = std::min(text_.find('\n', at_), text_.size());
        else if (!isSpace(text_[at_]))
            return;
        else
            take();
    }
}

// A word ends at white space, ';' or '{', except that "${" begins no block. Quotes, '#' and '}'
// inside are characters like others.
Result<std::string> ConfigTokens::word()
{
    std::string word;
    bool afterDollar = false;
    while (!atEnd()) {
        const char c = text_[at_];
        if (isSpace(c) || c == ';' || (c == '{' && !afterDollar)) return word;
        take();
        afterDollar = c == '$';
        if (c == '\\' && !atEnd())
            addEscaped(word, take());
        else
            word += c;
        if (word.size() > wordLimit) return wrong("a word over 4096 bytes");
    }
    return wrong("the file ends inside a statement");
}

Result<std::string> ConfigTokens::quotedWord(char quote)
{
    std::string word;
    take();
    while (!atEnd()) {
        const char c = take();
        if (c == quote) {
            if (atEnd() || isSpace(text_[at_]) || text_[at_] == ';' || text_[at_] == '{' ||
                text_[at_] == ')')
                return word;
            return wrong("a quote is followed by more than the end of a word");
        }
        if (c == '\\' && !atEnd())
            addEscaped(word, take());
        else
            word += c;
        if (word.size() > wordLimit) return wrong("a word over 4096 bytes, or a quote left open");
    }
    return wrong("a quote is left open");
}

Status ConfigTokens::skipLuaBlock()
{
    const auto size = luaBlockSize(text_.substr(at_));
    if (!size) return size.error();
    const auto body = text_.substr(at_, *size);
    line_ += static_cast<int>(std::count(body.begin(), body.end(), '\n'));
    at_ += *size;
    return {};
}

Result<Statement> ConfigTokens::next()
{
    Statement statement;
    for (;;) {
        skipSpaceAndComments();
        if (statement.words.empty()) statement.line = line_;
        if (atEnd()) {
            if (!statement.words.empty()) return wrong("the file ends inside a statement");
            return statement;
        }
        const char c = text_[at_];
        if (c == ';' || c == '{') {
            if (statement.words.empty()) return wrong(c == ';' ? "a ';' alone" : "a '{' alone");
            take();
            statement.kind = c == ';' ? Statement::Kind::Simple : Statement::Kind::BlockOpens;
            if (c == ';' || !isLua(statement.words)) return statement;
            if (auto status = skipLuaBlock(); !status) return status.error();
            statement.kind = Statement::Kind::Simple;
            return statement;
        }
        if (c == '}') {
            if (!statement.words.empty()) return wrong("a '}' inside a statement");
            take();
            statement.kind = Statement::Kind::BlockCloses;
            return statement;
        }
        auto next = c == '"' || c == '\'' ? quotedWord(c) : word();
        if (!next) return next.error();
        if (statement.words.size() >= wordsLimit) return wrong("a statement of over 10000 words");
        statement.words.push_back(*std::move(next));
    }
}

} // namespace perennial::plugins::nginx
