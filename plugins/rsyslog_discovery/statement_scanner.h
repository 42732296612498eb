#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perennial::plugins::rsyslog {

// What of a configuration can say something of TLS: "$Directive value", or an object of
// RainerScript, "input(type="imtcp" port="6514")".
struct Statement {
    enum class Kind { Directive, Object, Fault };
    Kind kind = Kind::Directive;
    std::string name;                              // in lower case; of a fault what is wrong
    std::string value;                             // of a directive: its first word
    std::map<std::string, std::string> parameters; // by name in lower case; of a list the first one
    std::vector<std::string> computed;             // parameters that are said by a command
    int line = 0;
};

// Goes through the text of one file as rsyslog 8.2302 does, and passes over what it has for
// filters, expressions, templates and actions of the older form. Quadratic nowhere; nothing is
// nested.
class StatementScanner {
public:
    explicit StatementScanner(std::string_view text);

    std::optional<Statement> next();

private:
    std::optional<Statement> atWord();
    Statement directive();
    std::string takeObject(Statement& statement);    // "" or what is wrong
    std::string takeParameter(Statement& statement); // the same
    std::string takeValue(std::string& value, bool& computed);
    std::string takeString(std::string& value);
    void skipBlanksOfObject();
    void skipExpression(std::string_view end);
    bool skipQuoted(); // false: it has no end
    void skipComment();
    void skipTo(std::string_view characters);
    bool beginsWith(std::string_view text) const;
    char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    int lineAt(std::size_t position) const;

    std::string text_;                               // with continued lines in one
    std::vector<std::pair<std::size_t, int>> lines_; // where each of them begins in text_
    std::size_t at_ = 0;
    bool lineBegins_ = true; // nothing but blanks of this line was passed
    std::string unclosed_;   // quotes that do not come again
};

} // namespace perennial::plugins::rsyslog
