#include "shared/policy/document_reader.h"

#include "shared/base/encoding.h"
#include "shared/model/identifiers.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace perennial::policy {

namespace {

using Kind = yaml::Value::Kind;

std::string_view nameOf(Kind kind)
{
    switch (kind) {
    case Kind::Null: return "nothing";
    case Kind::Scalar: return "a text";
    case Kind::Sequence: return "a list";
    case Kind::Mapping: return "a mapping (key: value)";
    }
    return "";
}

// The last part of a path that lies directly in the mapping at `parent`; empty when it does not.
std::string_view keyBelow(std::string_view path, const std::string& parent)
{
    if (!parent.empty()) {
        if (!path.starts_with(parent + ".")) return {};
        path.remove_prefix(parent.size() + 1);
    }
    return path.find('.') == std::string_view::npos ? path : std::string_view();
}

} // namespace

std::string quoted(const std::string& text) { return "\"" + toPrintable(text, 100) + "\""; }

void ProblemList::add(int line, const std::string& what)
{
    if (problems_.size() < limit) {
        problems_.push_back({file_, line, what});
    } else {
        problems_.back().what = "and more problems, not listed";
    }
}

DocumentReader::DocumentReader(const yaml::Value& mapping, std::string path,
    std::span<const DocumentKey> keys, ProblemList& problems)
    : value_(&mapping), path_(std::move(path)), keys_(keys), problems_(&problems)
{
    checkKeys();
}

void DocumentReader::checkKeys()
{
    std::set<std::string_view> known;
    for (const auto& key : keys_) {
        const auto name = keyBelow(key.path, path_);
        if (name.empty()) continue;
        known.insert(name);
        if (key.required && !has(std::string(name))) problem(std::string(name), "is missing");
    }
    std::string names;
    for (const auto name : known)
        names += (names.empty() ? "" : ", ") + std::string(name);
    for (const auto& [name, child] : value_->mapping) {
        if (known.count(name) == 0)
            problem(toPrintable(name, 100), child.line, "is not known here; known: " + names);
    }
}

const yaml::Value* DocumentReader::find(const std::string& key) const
{
    for (const auto& [name, value] : value_->mapping) {
        if (name == key) return &value;
    }
    return nullptr;
}

const yaml::Value* DocumentReader::expect(const std::string& key, Kind kind)
{
    const auto* value = find(key);
    if (value == nullptr || value->kind == kind) return value;
    problem(
        key, "must be " + std::string(nameOf(kind)) + ", not " + std::string(nameOf(value->kind)));
    return nullptr;
}

std::string DocumentReader::pathOf(const std::string& key) const
{
    return path_.empty() ? key : path_ + "." + key;
}

int DocumentReader::lineOf(const std::string& key) const
{
    const auto* value = find(key);
    return value == nullptr ? value_->line : value->line;
}

void DocumentReader::problem(const std::string& key, const std::string& what)
{
    problem(key, lineOf(key), what);
}

void DocumentReader::problem(const std::string& key, int line, const std::string& what)
{
    problems_->add(line, pathOf(key) + " " + what);
}

std::optional<std::string> DocumentReader::text(const std::string& key)
{
    const auto* value = expect(key, Kind::Scalar);
    if (value == nullptr) return std::nullopt;
    if (!value->scalar.empty()) return value->scalar;
    problem(key, "is empty");
    return std::nullopt;
}

std::optional<std::string> DocumentReader::identifier(const std::string& key)
{
    auto value = text(key);
    if (!value || model::isSafeIdentifier(*value)) return value;
    problem(
        key, "may have letters, digits, '-', '_' and '.' only (not first), not " + quoted(*value));
    return std::nullopt;
}

std::optional<int> DocumentReader::integer(const std::string& key, int least, int most)
{
    const auto value = text(key);
    if (!value) return std::nullopt;
    int number = 0;
    const auto* end = value->data() + value->size();
    const auto read = std::from_chars(value->data(), end, number);
    const bool plain = value->size() == 1 || value->front() != '0';
    if (read.ec == std::errc() && read.ptr == end && plain && number >= least && number <= most)
        return number;
    problem(key, "must be a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most) + ", not " + quoted(*value));
    return std::nullopt;
}

std::optional<Duration> DocumentReader::duration(const std::string& key, Duration most)
{
    const auto value = text(key);
    if (!value) return std::nullopt;
    const auto duration = durationFromText(*value);
    if (!duration) {
        problem(key, "must be a duration such as 12h or 30d, not " + quoted(*value));
    } else if (*duration <= Duration::zero() || *duration > most) {
        problem(key, "must be above 0s and at most " + perennial::toText(most) + ", not " + *value);
    } else {
        return *duration;
    }
    return std::nullopt;
}

std::vector<TextAtLine> DocumentReader::texts(const std::string& key)
{
    const auto* list = expect(key, Kind::Sequence);
    if (list == nullptr) return {};
    std::vector<TextAtLine> texts;
    std::set<std::string> seen;
    for (const auto& element : list->sequence) {
        if (element.kind != Kind::Scalar || element.scalar.empty()) {
            problem(key, element.line, "must be a list of texts that are not empty");
        } else if (!seen.insert(element.scalar).second) {
            problem(key, element.line, "has " + quoted(element.scalar) + " twice");
        } else {
            texts.push_back({element.scalar, element.line});
        }
    }
    return texts;
}

std::vector<std::pair<TextAtLine, std::string>> DocumentReader::textMap(const std::string& key)
{
    const auto* map = expect(key, Kind::Mapping);
    if (map == nullptr) return {};
    std::vector<std::pair<TextAtLine, std::string>> texts;
    for (const auto& [name, value] : map->mapping) {
        if (value.kind == Kind::Scalar) {
            texts.push_back({{name, value.line}, value.scalar});
        } else {
            problem(key + "." + toPrintable(name, 100), value.line, "must be a text");
        }
    }
    return texts;
}

std::optional<DocumentReader> DocumentReader::mapping(const std::string& key)
{
    const auto* value = expect(key, Kind::Mapping);
    if (value == nullptr) return std::nullopt;
    return DocumentReader(*value, pathOf(key), keys_, *problems_);
}

} // namespace perennial::policy
