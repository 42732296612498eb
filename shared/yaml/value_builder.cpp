#include "shared/yaml/value_builder.h"

#include "shared/base/encoding.h"
#include "shared/yaml/source_check.h"

namespace perennial::yaml {

namespace {

constexpr std::size_t shownLimit = 80;

int lineOf(const YAML::Mark& mark) { return mark.line + 1; }
std::size_t position(const YAML::Mark& mark) { return static_cast<std::size_t>(mark.pos); }

} // namespace

ValueBuilder::ValueBuilder(
    std::string_view source, const Limits& limits, std::size_t& nodes, std::size_t documentIndex)
    : source_(source), limits_(limits), nodes_(nodes), documentIndex_(documentIndex)
{
}

void ValueBuilder::refuse(int line, const std::string& what) const
{
    const auto where = path();
    throw Refusal{line, where.empty() ? what : where + ": " + what};
}

std::string ValueBuilder::path() const
{
    std::string path;
    for (const auto& frame : frames_) {
        if (frame.value.kind == Value::Kind::Sequence) {
            path += "[" + std::to_string(frame.value.sequence.size()) + "]";
        } else if (frame.key) {
            path += (path.empty() ? "" : ".") + toPrintable(*frame.key, shownLimit);
        }
    }
    return path;
}

std::string_view ValueBuilder::sourceAt(std::size_t position) const
{
    return source_.substr(std::min(position, source_.size()));
}

// The parser makes a document of whatever is left over after a value ("[a] b"), for ever if it
// cannot read on ("]"): only --- at the start of a line may begin another one.
void ValueBuilder::OnDocumentStart(const YAML::Mark& mark)
{
    line_ = lineOf(mark);
    countNode(line_);
    if (documentIndex_ == 0) return;
    const auto start = sourceAt(position(mark));
    const bool marked = mark.column == 0 && start.starts_with("---") &&
                        (start.size() == 3 || start[3] == ' ' || start[3] == '\n');
    if (!marked) refuse(line_, "unexpected text after the end of the value");
}

// The library calls a quoted text's tag "!" and that of anything else without one "?". A tag "!" in
// the source looks the same, so the first character decides.
void ValueBuilder::checkProperties(
    const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const
{
    const auto start = sourceAt(position(mark));
    if (anchor != 0 || start.starts_with('&'))
        refuse(lineOf(mark), "anchors are not accepted; write the value out where it is needed");
    const bool tagged = !tag.empty() && tag != "?" && tag != "!";
    if (tagged || start.starts_with('!'))
        refuse(lineOf(mark),
            "tags are not accepted (" + toPrintable(tag, shownLimit) + "); write the plain value");
}

// The parser takes what stands below a key, and no further to the right, for the key's value.
void ValueBuilder::checkIndentation(const YAML::Mark& mark, bool blockSequence) const
{
    if (frames_.empty()) return;
    const auto& frame = frames_.back();
    if (frame.flow || !frame.key || lineOf(mark) == frame.keyLine) return;
    if (mark.column < frame.column || (mark.column == frame.column && !blockSequence))
        refuse(lineOf(mark), "the value must be indented more than its key");
}

// Where a quoted text, or a plain one on one line, ends. The parser takes a quoted text that the
// end of the file cuts off for a whole one.
std::size_t ValueBuilder::findEnd(const YAML::Mark& mark, const std::string& scalar) const
{
    const auto start = position(mark);
    const auto text = sourceAt(start);
    const char quote = text.empty() ? ' ' : text[0];
    if (quote != '"' && quote != '\'')
        return text.starts_with(scalar) ? start + scalar.size() : source_.size();
    for (std::size_t at = 1; at < text.size(); ++at) {
        const bool escaped = quote == '"' ? text[at] == '\\' : text.substr(at).starts_with("''");
        if (escaped)
            ++at;
        else if (text[at] == quote)
            return start + at + 1;
    }
    refuse(lineOf(mark), "the quote is not closed");
}

void ValueBuilder::countNode(int line)
{
    if (++nodes_ > limits_.nodes)
        throw Refusal{line, "more than " + std::to_string(limits_.nodes) + " values"};
}

bool ValueBuilder::keyIsNext() const
{
    return !frames_.empty() && frames_.back().value.kind == Value::Kind::Mapping &&
           !frames_.back().key;
}

void ValueBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor)
{
    checkProperties(mark, {}, anchor);
    countNode(lineOf(mark));
    if (keyIsNext()) refuse(lineOf(mark), "a key must be a text; write it in quotes");
    Value value;
    value.line = lineOf(mark);
    add(std::move(value));
}

void ValueBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t)
{
    refuse(lineOf(mark), "aliases are not accepted; write the value out");
}

void ValueBuilder::OnScalar(
    const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text)
{
    checkProperties(mark, tag, anchor);
    countNode(lineOf(mark));
    const auto problem = findForbiddenCharacter(text);
    if (!problem.empty()) refuse(lineOf(mark), "holds " + problem);
    const auto end = findEnd(mark, text);
    if (keyIsNext()) return addKey(text, lineOf(mark), sourceAt(end));
    checkIndentation(mark, false);
    Value value;
    value.kind = Value::Kind::Scalar;
    value.line = lineOf(mark);
    value.scalar = text;
    add(std::move(value));
}

void ValueBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
    YAML::anchor_t anchor, YAML::EmitterStyle::value style)
{
    checkProperties(mark, tag, anchor);
    openCollection(Value::Kind::Sequence, mark, style);
}

void ValueBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
    YAML::EmitterStyle::value style)
{
    checkProperties(mark, tag, anchor);
    openCollection(Value::Kind::Mapping, mark, style);
}

// The parser takes the first value in a bracket that is never closed for a key.
void ValueBuilder::refuseKey(int line, const std::string& what) const
{
    refuse(line, frames_.back().flow ? what + "; or a bracket is not closed" : what);
}

void ValueBuilder::openCollection(
    Value::Kind kind, const YAML::Mark& mark, YAML::EmitterStyle::value style)
{
    const int line = lineOf(mark);
    countNode(line);
    if (keyIsNext()) refuseKey(line, "a key must be a text, not a list or a mapping");
    const bool flow = style == YAML::EmitterStyle::Flow;
    checkIndentation(mark, kind == Value::Kind::Sequence && !flow);
    if (frames_.size() >= limits_.depth)
        throw Refusal{line, "nested deeper than " + std::to_string(limits_.depth) + " levels"};
    Frame frame;
    frame.value.kind = kind;
    frame.value.line = line;
    frame.column = mark.column;
    frame.flow = flow;
    frames_.push_back(std::move(frame));
}

void ValueBuilder::closeCollection()
{
    Value value = std::move(frames_.back().value);
    frames_.pop_back();
    add(std::move(value));
}

// The parser takes a word without a colon at the end of the file for a key.
void ValueBuilder::addKey(const std::string& key, int line, std::string_view behind)
{
    auto& frame = frames_.back();
    const auto next = behind.find_first_not_of(' ');
    if (next == std::string_view::npos || behind[next] != ':')
        refuseKey(line, "no colon after " + toPrintable(key, shownLimit) + " on the same line");
    if (key == "<<") refuse(line, "merge keys (<<) are not accepted; write the values out");
    if (key.empty()) refuse(line, "an empty key");
    frame.key = key;
    frame.keyLine = line;
    const auto [earlier, added] = frame.keys.emplace(key, line);
    if (!added)
        refuse(line, "repeated; line " + std::to_string(earlier->second) + " has it already");
}

void ValueBuilder::add(Value value)
{
    if (frames_.empty()) {
        root_ = std::move(value);
        return;
    }
    auto& frame = frames_.back();
    if (frame.value.kind == Value::Kind::Sequence) {
        frame.value.sequence.push_back(std::move(value));
        return;
    }
    // Where its key is: that is the line a person looks for, also for a value that starts further
    // down.
    value.line = frame.keyLine;
    frame.value.mapping.push_back({std::move(*frame.key), std::move(value)});
    frame.key.reset();
}

} // namespace perennial::yaml
