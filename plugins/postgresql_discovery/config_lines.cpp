#include "plugins/postgresql_discovery/config_lines.h"

#include "shared/service_config/server_name.h"

#include <algorithm>

namespace perennial::plugins::postgresql {

namespace {

constexpr std::size_t lineLimit = 64U << 10U;
constexpr std::string_view blanks = " \t\r";

Error wrong(const char* what) { return {ErrorKind::InvalidInput, what}; }

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLatin(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isHex(char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
// Bytes above 127 are letters to PostgreSQL.
bool isLetter(char c) { return isLatin(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool isOfName(char c) { return isLetter(c) || isDigit(c); }
bool isOfWord(char c)
{
    return isOfName(c) || std::string_view("-._:/").find(c) != std::string_view::npos;
}

template <class Test>
std::size_t lengthOf(std::string_view text, Test&& test)
{
    return static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), test) - text.begin());
}

// "name", or "extension.name"; 0 for none.
std::size_t nameLength(std::string_view text)
{
    if (text.empty() || !isLetter(text.front())) return 0;
    const auto length = lengthOf(text, isOfName);
    const auto rest = text.substr(length);
    if (rest.size() < 2 || rest[0] != '.' || !isLetter(rest[1])) return length;
    return length + 1 + lengthOf(rest.substr(1), isOfName);
}

std::size_t wordLength(std::string_view text)
{
    return text.empty() || !isLetter(text.front()) ? 0 : lengthOf(text, isOfWord);
}

// The longer of a whole number with its unit, and one with a point.
std::size_t numberLength(std::string_view text)
{
    const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    const auto digits = text.substr(sign);
    const auto whole = lengthOf(digits, isDigit);
    std::size_t length = whole == 0 ? 0 : whole + lengthOf(digits.substr(whole), isLatin);
    const auto hex = digits.starts_with("0x") ? lengthOf(digits.substr(2), isHex) : 0;
    if (hex > 0) length = std::max(length, 2 + hex + lengthOf(digits.substr(2 + hex), isLatin));
    if (digits.substr(whole).starts_with('.')) {
        auto real = whole + 1 + lengthOf(digits.substr(whole + 1), isDigit);
        auto rest = digits.substr(real);
        if (rest.starts_with('e') || rest.starts_with('E')) {
            const auto first = rest.size() > 1 && (rest[1] == '-' || rest[1] == '+') ? 2U : 1U;
            const auto exponent = lengthOf(rest.substr(first), isDigit);
            if (exponent > 0) real += first + exponent;
        }
        length = std::max(length, real);
    }
    return length == 0 ? 0 : sign + length;
}

class Cutter {
public:
    explicit Cutter(std::string_view line) : line_(line) {}

    Result<std::optional<Setting>> cut()
    {
        skipBlanks();
        if (atEnd()) return std::optional<Setting>();
        Setting setting;
        const auto name = nameLength(rest());
        if (name == 0 || wordLength(rest()) > name) return wrong("begins with no name");
        setting.name = service_config::lowerCase(std::string(rest().substr(0, name)));
        at_ += name;
        skipBlanks();
        if (!atEnd() && line_[at_] == '=') ++at_;
        skipBlanks();
        if (atEnd()) return wrong("has no value");
        auto value = line_[at_] == '\'' ? takeQuoted() : takeBare();
        if (!value) return value.error();
        setting.value = *std::move(value);
        skipBlanks();
        if (!atEnd()) return wrong("goes on behind its value");
        return std::optional(std::move(setting));
    }

private:
    std::string_view rest() const { return line_.substr(at_); }
    bool atEnd() const { return at_ == line_.size() || line_[at_] == '#'; }
    void skipBlanks() { at_ = std::min(line_.find_first_not_of(blanks, at_), line_.size()); }
    // A word, or a number with its unit. "own.crt" has the form of a qualified name, which is no
    // value.
    Result<std::string> takeBare()
    {
        const auto length = std::max(wordLength(rest()), numberLength(rest()));
        const auto word = rest().substr(0, length);
        const bool qualified =
            nameLength(rest()) == length && word.find('.') != std::string_view::npos;
        if (length == 0 || (qualified && isLetter(word.front())))
            return wrong("has a value that needs quotes");
        at_ += length;
        return std::string(word);
    }
    Result<std::string> takeQuoted()
    {
        std::string value;
        for (++at_; at_ < line_.size(); ++at_) {
            const char c = line_[at_];
            if (c == '\\') {
                if (++at_ == line_.size()) break;
                value += takeEscaped();
            } else if (c != '\'') {
                value += c;
            } else if (at_ + 1 < line_.size() && line_[at_ + 1] == '\'') {
                value += line_[++at_];
            } else {
                ++at_;
                return value;
            }
        }
        return wrong("leaves a quote open");
    }
    // Leaves at_ at the last character that belongs to it.
    char takeEscaped()
    {
        const char c = line_[at_];
        constexpr std::string_view names = "bfnrt";
        constexpr std::string_view meant = "\b\f\n\r\t";
        if (const auto known = names.find(c); known != std::string_view::npos) return meant[known];
        if (c < '0' || c > '7') return c;
        unsigned octal = 0;
        const auto end = std::min(at_ + 3, line_.size());
        auto at = at_;
        for (; at < end && line_[at] >= '0' && line_[at] <= '7'; ++at)
            octal = octal * 8 + static_cast<unsigned>(line_[at] - '0');
        at_ = at - 1;
        return static_cast<char>(octal);
    }

    std::string_view line_;
    std::size_t at_ = 0;
};

} // namespace

Result<std::optional<Setting>> settingOf(std::string_view line)
{
    if (line.size() > lineLimit) return wrong("is longer than 65536 bytes");
    return Cutter(line).cut();
}

std::optional<bool> booleanOf(const std::string& value)
{
    const auto word = service_config::lowerCase(value);
    const auto begins = [&](std::string_view whole, std::size_t least) {
        return word.size() >= least && whole.starts_with(word);
    };
    if (begins("true", 1) || begins("yes", 1) || begins("on", 2) || word == "1") return true;
    if (begins("false", 1) || begins("no", 1) || begins("off", 2) || word == "0") return false;
    return std::nullopt;
}

} // namespace perennial::plugins::postgresql
