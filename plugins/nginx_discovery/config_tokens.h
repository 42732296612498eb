#pragma once

#include "shared/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::nginx {

// One statement of an nginx configuration: words that end in ';' (simple) or in '{' (a block
// opens), or '}' (a block closes; no words).
struct Statement {
    enum class Kind { Simple, BlockOpens, BlockCloses, End };
    Kind kind = Kind::End;
    std::vector<std::string> words; // quotes and escapes taken away
    int line = 0;                   // where it starts
};

// Cuts the text of one file into statements as nginx 1.22 does: quotes, backslashes, comments,
// "${name}". Lua blocks (..._by_lua_block) are passed over by Lua's own rules. Errors say what is
// wrong without a word of the text, and end the file.
class ConfigTokens {
public:
    static constexpr std::size_t wordLimit = 4096; // nginx has the same
    static constexpr std::size_t wordsLimit = 10'000;

    explicit ConfigTokens(std::string_view text);

    Result<Statement> next();
    int line() const { return line_; }

private:
    bool atEnd() const { return at_ >= text_.size(); }
    char take(); // counts lines
    void skipSpaceAndComments();
    Result<std::string> word();
    Result<std::string> quotedWord(char quote);
    Status skipLuaBlock();

    std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 1;
};

} // namespace perennial::plugins::nginx
