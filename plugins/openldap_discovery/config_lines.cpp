#include "plugins/openldap_discovery/config_lines.h"

#include "shared/service_config/server_name.h"

#include <algorithm>

namespace perennial::plugins::openldap {

namespace {

constexpr std::size_t lineLimit = 64U << 10U;
constexpr std::size_t mostWords = 1000;

// C's isspace(), as slapd asks it.
bool isSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

} // namespace

// Without its end.
std::string_view ConfigLines::nextPhysical() const
{
    auto line = text_.substr(at_, text_.find('\n', at_) - at_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

void ConfigLines::leavePhysical()
{
    at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1;
    ++number_;
}

std::string ConfigLines::takeLogical()
{
    line_ = number_ + 1;
    std::string line(nextPhysical());
    for (leavePhysical(); at_ < text_.size(); leavePhysical()) {
        const auto more = nextPhysical();
        const bool joined = line.ends_with('\\') && !line.ends_with("\\\\");
        if (!joined && (more.empty() || !isSpace(more.front()))) break;
        if (joined)
            line.pop_back();
        else
            line += ' ';
        if (line.size() <= lineLimit) line += joined ? more : more.substr(1);
    }
    return line;
}

Result<std::optional<Directive>> ConfigLines::next()
{
    while (at_ < text_.size()) {
        const auto line = takeLogical();
        if (line.empty() || line.front() == '#') continue;
        if (line.size() > lineLimit)
            return Error{ErrorKind::InvalidInput, "is longer than 65536 bytes"};
        Directive directive{{}, line_};
        bool quoted = false;
        bool inWord = false;
        for (std::size_t at = 0; at < line.size(); ++at) {
            const char c = line[at];
            if (!quoted && (c == ' ' || c == '\t')) {
                inWord = false;
                continue;
            }
            if (!inWord) {
                if (directive.words.size() == mostWords)
                    return Error{ErrorKind::InvalidInput, "has more than 1000 words"};
                directive.words.emplace_back();
                inWord = true;
            }
            if (c == '"')
                quoted = !quoted;
            else if (c == '\\' && at + 1 < line.size())
                directive.words.back() += line[++at];
            else
                directive.words.back() += c;
        }
        if (quoted) return Error{ErrorKind::InvalidInput, "leaves a quote open"};
        if (directive.words.empty()) continue;
        auto& name = directive.words.front();
        name = service_config::lowerCase(std::move(name));
        return std::optional(std::move(directive));
    }
    return std::optional<Directive>();
}

} // namespace perennial::plugins::openldap
