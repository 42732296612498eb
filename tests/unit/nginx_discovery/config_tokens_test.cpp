#include "plugins/nginx_discovery/config_tokens.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::plugins::nginx;

namespace {

// "word|word;" and "word{" and "}", "error@line" at the end where there is one.
std::string shown(const std::string& text)
{
    ConfigTokens tokens(text);
    std::string all;
    for (;;) {
        const auto statement = tokens.next();
        if (!statement) return all + "error@" + std::to_string(tokens.line());
        std::string words;
        for (const auto& word : statement->words)
            words += (words.empty() ? "" : "|") + word;
        switch (statement->kind) {
        case Statement::Kind::End: return all;
        case Statement::Kind::Simple: all += words + ";"; break;
        case Statement::Kind::BlockOpens: all += words + "{"; break;
        case Statement::Kind::BlockCloses: all += "}"; break;
        }
    }
}

} // namespace

TEST_CASE("statements, blocks, comments and quotes are cut as nginx cuts them")
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", ""},
        {"  \r\n\t # only a comment", ""},
        {"user www;", "user|www;"},
        {"a b;c d;", "a|b;c|d;"},
        {"http{server{listen 80;}}", "http{server{listen|80;}}"},
        {"a # comment ; {\n b;", "a|b;"},
        {"a b#c;", "a|b#c;"},
        {R"(a "b c" 'd;e' ;)", "a|b c|d;e;"},
        {R"(a "b\"c" 'd\'e';)", R"(a|b"c|d'e;)"},
        {R"(a "b\\c" d\\e;)", R"(a|b\c|d\e;)"},
        {R"(a b\ c;)", R"(a|b\ c;)"},
        {R"(a b\;c;)", R"(a|b\;c;)"},
        {R"(a "\t\r\n\d";)", "a|\t\r\n\\d;"},
        {R"(a b"c"d;)", R"(a|b"c"d;)"},
        {R"(a "";)", "a|;"},
        {R"(if ("a" = b) {})", R"(if|("a"|=|b){})"},
        {R"(x "a") {})", "x|a|){}"},
        {"a ${b}c;", "a|${b}c;"},
        {"a $b{}", "a|$b{}"},
        {"a b}c;", "a|b}c;"},
        {"\"a\"{}", "a{}"},
        {"\xEF\xBB\xBFuser www;", "user|www;"},
        {"location ~ \\.php$ {}", "location|~|\\.php${}"},
    };
    for (const auto& [text, expected] : table) {
        CAPTURE(text);
        CHECK(shown(text) == expected);
    }
}

TEST_CASE("what nginx refuses ends the file with the line of the fault")
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"a", "error@1"},
        {"a\nb", "error@2"},
        {";", "error@1"},
        {"{", "error@1"},
        {"a b }", "error@1"},
        {"a;\n\n\"b\"c;", "a;error@3"},
        {"a \"b\nc", "error@2"},
        {"a 'b", "error@1"},
        {"ok; a \\", "ok;error@1"},
        {"a " + std::string(5000, 'x') + ";", "error@1"},
        {"a \"" + std::string(5000, 'x') + "\";", "error@1"},
    };
    for (const auto& [text, expected] : table) {
        CAPTURE(text.substr(0, 20));
        CHECK(shown(text) == expected);
    }
}

TEST_CASE("Lua blocks are passed over by Lua's rules")
{
    const std::vector<std::pair<std::string, std::string>> table = {
        {"content_by_lua_block { ngx.say('}') } a;", "content_by_lua_block;a;"},
        {"content_by_lua_block { x = { y = {} } } a;", "content_by_lua_block;a;"},
        {"content_by_lua_block { -- it's }\n } a;", "content_by_lua_block;a;"},
        {"content_by_lua_block { --[[ }\n } ]] } a;", "content_by_lua_block;a;"},
        {"content_by_lua_block { s = [==[ } ]] ]==] } a;", "content_by_lua_block;a;"},
        {"content_by_lua_block { t[1] = \"\\\"}\" } a;", "content_by_lua_block;a;"},
        {"set_by_lua_block $x { return 1 }\n}", "set_by_lua_block|$x;}"},
        {"content_by_lua_block { '}'", "error@1"},
        {"content_by_lua_block { --", "error@1"},
        {"content_by_lua_block { [[", "error@1"},
        {"content_by_lua_block { \"\\", "error@1"},
        {"content_by_lua_block {\n\n} {", "content_by_lua_block;error@3"},
    };
    for (const auto& [text, expected] : table) {
        CAPTURE(text);
        CHECK(shown(text) == expected);
    }
}

TEST_CASE("a statement has at most 10000 words")
{
    std::string text;
    for (int i = 0; i < 9'999; ++i)
        text += "a ";
    CHECK(shown(text + "a;").size() == 20'000);
    CHECK(shown(text + "a a;") == "error@1");
}
