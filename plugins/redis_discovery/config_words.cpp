#include "plugins/redis_discovery/config_words.h"

#include <cstdint>
#include <optional>

namespace perennial::plugins::redis {

namespace {

constexpr std::size_t lineLimit = 64U << 10U;
constexpr std::size_t mostWords = 1000;

bool isSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); } // C's isspace()
bool endsWord(char c) { return isSpace(c) && c != '\v' && c != '\f'; }

std::optional<unsigned> hexDigit(char c)
{
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
    return std::nullopt;
}

class Cutter {
public:
    explicit Cutter(std::string_view line) : line_(line) {}

    Result<std::vector<std::string>> cut()
    {
        std::vector<std::string> words;
        while (true) {
            while (at_ < line_.size() && isSpace(line_[at_]))
                ++at_;
            if (at_ == line_.size()) return words;
            if (words.size() == mostWords)
                return Error{ErrorKind::InvalidInput, "has more than 1000 words"};
            std::string word;
            if (!takeWord(word))
                return Error{ErrorKind::InvalidInput, "has quotes that do not fit"};
            words.push_back(std::move(word));
        }
    }

private:
    bool takeWord(std::string& word)
    {
        for (; at_ < line_.size() && !endsWord(line_[at_]); ++at_) {
            const char c = line_[at_];
            // A quote may begin in a word; behind its end nothing more of the word may come.
            if (c == '"' || c == '\'') return takeQuoted(word, c);
            word += c;
        }
        return true;
    }
    bool takeQuoted(std::string& word, char quote)
    {
        for (++at_; at_ < line_.size(); ++at_) {
            const char c = line_[at_];
            const bool escapes = c == '\\' && at_ + 1 < line_.size();
            if (escapes && quote == '"') {
                word += takeEscaped();
            } else if (escapes && line_[at_ + 1] == '\'') {
                word += line_[++at_];
            } else if (c == quote) {
                ++at_;
                return at_ == line_.size() || isSpace(line_[at_]);
            } else {
                word += c;
            }
        }
        return false;
    }
    // Leaves at_ at the last character that belongs to it.
    char takeEscaped()
    {
        const char c = line_[++at_];
        if (c == 'x' && at_ + 2 < line_.size()) {
            const auto high = hexDigit(line_[at_ + 1]);
            const auto low = hexDigit(line_[at_ + 2]);
            if (high && low) {
                at_ += 2;
                return static_cast<char>(*high * 16 + *low);
            }
        }
        constexpr std::string_view names = "nrtba";
        constexpr std::string_view meant = "\n\r\t\b\a";
        const auto known = names.find(c);
        return known == std::string_view::npos ? c : meant[known];
    }

    std::string_view line_;
    std::size_t at_ = 0;
};

} // namespace

Result<std::vector<std::string>> wordsOf(std::string_view line)
{
    if (line.size() > lineLimit)
        return Error{ErrorKind::InvalidInput, "is longer than 65536 bytes"};
    const auto begin = line.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos || line[begin] == '#') return std::vector<std::string>();
    const auto end = line.find_last_not_of(" \t\r\n");
    return Cutter(line.substr(begin, end - begin + 1)).cut();
}

} // namespace perennial::plugins::redis
