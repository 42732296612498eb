#include "shared/base/encoding.h"
#include "shared/yaml/reader_state.h"
#include "shared/yaml/source_check.h"

#include <algorithm>

namespace perennial::yaml {

namespace {

constexpr std::size_t shownLimit = 80;

std::string_view nameOf(Value::Kind kind)
{
    switch (kind) {
    case Value::Kind::Null: return "nothing";
    case Value::Kind::Scalar: return "a text";
    case Value::Kind::Sequence: return "a list";
    case Value::Kind::Mapping: return "a mapping (key: value)";
    }
    return "";
}

const Value* findKey(const Value& mapping, const std::string& key)
{
    for (const auto& [name, value] : mapping.mapping)
        if (name == key) return &value;
    return nullptr;
}

// At most one letter wrong, missing, too many or swapped with its neighbour.
bool areAlike(std::string_view a, std::string_view b)
{
    if (a.size() > b.size()) std::swap(a, b);
    if (b.size() < 3 || b.size() - a.size() > 1) return false;
    const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    const auto restA = a.substr(static_cast<std::size_t>(differ.first - a.begin()));
    const auto restB = b.substr(static_cast<std::size_t>(differ.second - b.begin()));
    if (restA.size() < restB.size()) return restA == restB.substr(1);
    if (restA.empty() || restA.substr(1) == restB.substr(1)) return true;
    return restA.size() > 1 && restA[0] == restB[1] && restA[1] == restB[0] &&
           restA.substr(2) == restB.substr(2);
}

} // namespace

std::string shown(const std::string& text) { return "\"" + toPrintable(text, shownLimit) + "\""; }

std::string pathOf(const std::string& path, const std::string& key)
{
    const auto name = toPrintable(key, shownLimit);
    if (path.empty() || name.empty()) return path + name;
    return path + "." + name;
}

void Reader::Shared::fail(int line, const std::string& path, const std::string& what)
{
    if (!error) error = errorAt(fileName, line, path.empty() ? what : path + ": " + what);
}

const Value* Reader::Shared::expect(const Value* value, Value::Kind kind, const std::string& path)
{
    if (value == nullptr || value->kind == kind) return value;
    const auto wanted = std::string(nameOf(kind));
    fail(value->line, path,
        value->kind == Value::Kind::Null
            ? "has no value; " + wanted + " is expected"
            : "must be " + wanted + ", not " + std::string(nameOf(value->kind)));
    return nullptr;
}

void Reader::Shared::findUnknownKeys(const Value& value, const std::string& path)
{
    const auto asked = askedKeys.find(&value);
    for (const auto& [name, child] : value.mapping) {
        if (error) return;
        if (asked != askedKeys.end() && asked->second.count(name) == 0) {
            const auto alike = std::find_if(asked->second.begin(), asked->second.end(),
                [&known = name](const std::string& key) { return areAlike(key, known); });
            fail(child.line, pathOf(path, name),
                alike == asked->second.end() ? "unknown key"
                                             : "unknown key; did you mean " + *alike + "?");
            return;
        }
        findUnknownKeys(child, pathOf(path, name));
    }
    for (std::size_t index = 0; index < value.sequence.size() && !error; ++index)
        findUnknownKeys(value.sequence[index], path + "[" + std::to_string(index) + "]");
}

Reader::Reader(const Value& mapping, std::string fileName, std::string path)
    : value_(&mapping), path_(std::move(path)), shared_(std::make_shared<Shared>())
{
    shared_->fileName = std::move(fileName);
    value_ = shared_->expect(value_, Value::Kind::Mapping, path_);
    if (value_ != nullptr) shared_->askedKeys[value_];
}

Reader::Reader(const Value* value, std::string path, std::shared_ptr<Shared> shared)
    : value_(value), path_(std::move(path)), shared_(std::move(shared))
{
    if (value_ != nullptr) shared_->askedKeys[value_];
}

// Counts as asking, also when something was wrong before: what is asked later is then not called
// unknown.
const Value* Reader::take(const std::string& key, bool required)
{
    if (value_ == nullptr) return nullptr;
    shared_->askedKeys[value_].insert(key);
    if (failed()) return nullptr;
    const auto* found = findKey(*value_, key);
    if (found != nullptr || !required) return found;
    std::string what = "missing";
    for (const auto& [name, value] : value_->mapping)
        if (areAlike(name, key))
            what += " (line " + std::to_string(value.line) + " has " + shown(name) + ")";
    shared_->fail(value_->line, pathOf(path_, key), what);
    return nullptr;
}

bool Reader::has(const std::string& key) const
{
    return value_ != nullptr && findKey(*value_, key) != nullptr;
}

int Reader::line() const { return value_ == nullptr ? 0 : value_->line; }

int Reader::lineOf(const std::string& key) const
{
    const auto* found = value_ == nullptr ? nullptr : findKey(*value_, key);
    return found == nullptr ? line() : found->line;
}

void Reader::fail(const std::string& key, const std::string& what)
{
    shared_->fail(lineOf(key), pathOf(path_, key), what);
}

bool Reader::failed() const { return shared_->error.has_value(); }

Status Reader::finish() const
{
    if (!failed() && value_ != nullptr) shared_->findUnknownKeys(*value_, path_);
    return failed() ? Status(*shared_->error) : Status();
}

} // namespace perennial::yaml
