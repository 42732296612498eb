#include "plugins/haproxy_discovery/config_words.h"

#include <optional>

namespace perennial::plugins::haproxy {

namespace {

constexpr std::size_t lineLimit = 64U << 10U;
constexpr std::size_t keptLimit = 1U << 20U; // of one line, variables put in
constexpr std::size_t wordsLimit = 10'000;
constexpr std::string_view nameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

Error wrong(const char* what) { return {ErrorKind::InvalidInput, what}; }

int hexValue(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

class Cutter {
public:
    Cutter(std::string_view line, const Variables& variables) : line_(line), variables_(variables)
    {
    }

    Result<std::vector<std::string>> cut()
    {
        if (line_.size() > lineLimit) return wrong("a line over 65536 bytes");
        while (at_ < line_.size() && !isComment()) {
            take();
            if (words_.size() > wordsLimit || word_.size() > lineLimit || kept_ > keptLimit)
                return wrong("too many words, or words that grow too long");
        }
        if (quote_ != 0) return wrong("a quote is left open");
        endWord();
        return std::move(words_);
    }

private:
    bool isComment() const { return quote_ == 0 && line_[at_] == '#'; }
    void endWord()
    {
        kept_ += word_.size();
        if (inWord_) words_.push_back(std::move(word_));
        word_.clear();
        inWord_ = false;
    }
    void add(char c)
    {
        word_ += c;
        inWord_ = true;
    }
    void take()
    {
        const char c = line_[at_++];
        if (c == '\'' && quote_ != '"')
            turn(c);
        else if (c == '"' && quote_ != '\'')
            turn(c);
        else if (quote_ == 0 && (c == ' ' || c == '\t' || c == '\r'))
            endWord();
        else if (c == '\\' && quote_ != '\'' && at_ < line_.size())
            takeEscaped();
        else if (c == '$' && quote_ == '"')
            takeVariable();
        else
            add(c);
    }
    void turn(char quote)
    {
        quote_ = quote_ == quote ? '\0' : quote;
        inWord_ = true; // "" is a word
    }
    void takeEscaped()
    {
        const char c = line_[at_++];
        if (quote_ == '"') {
            if (c != '\\' && c != '"' && c != '$') add('\\');
            return add(c);
        }
        switch (c) {
        case 'n': return add('\n');
        case 'r': return add('\r');
        case 't': return add('\t');
        case 'x': return takeHex();
        case ' ':
        case '\\':
        case '#':
        case '"':
        case '\'': return add(c);
        default: add('\\'); add(c);
        }
    }
    void takeHex()
    {
        const int high = at_ + 1 < line_.size() ? hexValue(line_[at_]) : -1;
        const int low = high < 0 ? -1 : hexValue(line_[at_ + 1]);
        if (low < 0) {
            add('\\');
            return add('x');
        }
        add(static_cast<char>(high * 16 + low));
        at_ += 2;
    }
    void takeVariable()
    {
        const auto begin = at_ - 1;
        const bool braces = at_ < line_.size() && line_[at_] == '{';
        const auto first = at_ + (braces ? 1 : 0);
        auto last = line_.find_first_not_of(nameCharacters, first);
        if (last == std::string_view::npos) last = line_.size();
        const auto name = std::string(line_.substr(first, last - first));
        std::optional<std::string> otherwise;
        at_ = last;
        if (braces) {
            const auto close = line_.find('}', last);
            if (close == std::string_view::npos) return addText(line_.substr(begin, last - begin));
            if (line_[last] == '-') otherwise = line_.substr(last + 1, close - last - 1);
            at_ = close + 1;
        }
        const auto known = variables_.find(name);
        if (known != variables_.end())
            addText(known->second);
        else
            addText(otherwise ? *otherwise : line_.substr(begin, at_ - begin));
    }
    void addText(std::string_view text)
    {
        word_ += text;
        inWord_ = true;
    }

    std::string_view line_;
    const Variables& variables_;
    std::size_t at_ = 0;
    std::size_t kept_ = 0; // bytes of words_
    char quote_ = 0;
    bool inWord_ = false;
    std::string word_;
    std::vector<std::string> words_;
};

} // namespace

Result<std::vector<std::string>> wordsOf(std::string_view line, const Variables& variables)
{
    return Cutter(line, variables).cut();
}

} // namespace perennial::plugins::haproxy
