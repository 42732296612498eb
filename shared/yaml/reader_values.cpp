#include "shared/base/trusted_path.h"
#include "shared/yaml/reader_state.h"

#include <charconv>

namespace perennial::yaml {

namespace {

// Decimal, no sign but -, no leading zero: 010 is eight to some readers and ten to others.
std::optional<std::int64_t> integerFromText(const std::string& text)
{
    const std::string_view digits = std::string_view(text).substr(text.starts_with('-') ? 1 : 0);
    if (digits.empty() || (digits[0] == '0' && text.size() > 1)) return std::nullopt;
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, problem] = std::from_chars(text.data(), end, number);
    if (problem != std::errc() || stopped != end) return std::nullopt;
    return number;
}

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

} // namespace

std::optional<std::string> Reader::optionalText(const std::string& key)
{
    const auto* value = shared_->expect(take(key, false), Value::Kind::Scalar, pathOf(path_, key));
    return value == nullptr ? std::nullopt : std::optional(value->scalar);
}

std::string Reader::text(const std::string& key)
{
    (void)take(key, true);
    const auto found = optionalText(key);
    if (found && found->empty()) fail(key, "must not be empty");
    return found.value_or("");
}

std::string Reader::textOr(const std::string& key, std::string otherwise)
{
    return optionalText(key).value_or(std::move(otherwise));
}

unsigned Reader::modeOr(const std::string& key, unsigned otherwise, unsigned most)
{
    const auto found = optionalText(key);
    if (!found) return otherwise;
    unsigned mode = 0;
    const auto* end = found->data() + found->size();
    const auto [stopped, problem] = std::from_chars(found->data(), end, mode, 8);
    if (found->size() != 4 || problem != std::errc() || stopped != end)
        fail(key, "must be four octal digits such as \"0640\", not " + shown(*found));
    else if ((mode & ~most) != 0)
        fail(key, "gives away more than may be given: " + shown(*found));
    return mode;
}

std::string Reader::absolutePath(const std::string& key)
{
    auto path = text(key);
    if (auto status = checkSpelling(path); !status && !failed()) fail(key, status.error().message);
    return path;
}

std::int64_t Reader::integer(const std::string& key)
{
    (void)take(key, true);
    return integerOr(key, 0);
}

std::int64_t Reader::integerOr(const std::string& key, std::int64_t otherwise)
{
    const auto found = optionalText(key);
    if (!found) return otherwise;
    const auto number = integerFromText(*found);
    if (!number) fail(key, "must be a whole decimal number such as 10, not " + shown(*found));
    return number.value_or(otherwise);
}

bool Reader::booleanOr(const std::string& key, bool otherwise)
{
    const auto found = optionalText(key);
    if (!found) return otherwise;
    if (*found != "true" && *found != "false")
        fail(key, "must be true or false, not " + shown(*found));
    return *found == "true";
}

Duration Reader::duration(const std::string& key)
{
    (void)take(key, true);
    return durationOr(key, Duration(0));
}

Duration Reader::durationOr(const std::string& key, Duration otherwise)
{
    const auto found = optionalText(key);
    if (!found) return otherwise;
    const auto duration = durationFromText(*found);
    if (!duration)
        fail(key, "must be a duration such as 45s, 15m, 12h or 30d, not " + shown(*found));
    return duration ? *duration : otherwise;
}

std::vector<std::string> Reader::texts(const std::string& key)
{
    (void)take(key, true);
    return textsOr(key, {});
}

std::vector<std::string> Reader::textsOr(const std::string& key, std::vector<std::string> otherwise)
{
    const auto path = pathOf(path_, key);
    const auto* list = shared_->expect(take(key, false), Value::Kind::Sequence, path);
    if (list == nullptr) return otherwise;
    std::vector<std::string> texts;
    for (const auto& item : list->sequence) {
        const auto place = path + "[" + std::to_string(texts.size()) + "]";
        const auto* text = shared_->expect(&item, Value::Kind::Scalar, place);
        if (text == nullptr) return {};
        texts.push_back(text->scalar);
    }
    return texts;
}

std::map<std::string, std::string> Reader::textMapOr(const std::string& key)
{
    const auto path = pathOf(path_, key);
    const auto* mapping = shared_->expect(take(key, false), Value::Kind::Mapping, path);
    std::map<std::string, std::string> texts;
    if (mapping == nullptr) return texts;
    for (const auto& [name, value] : mapping->mapping) {
        const auto* text = shared_->expect(&value, Value::Kind::Scalar, pathOf(path, name));
        if (text == nullptr) return {};
        texts.emplace(name, text->scalar);
    }
    return texts;
}

std::string Reader::oneOf(const std::string& key, const std::vector<std::string>& allowed)
{
    (void)take(key, true);
    return oneOfOr(key, allowed, {});
}

std::string Reader::oneOfOr(
    const std::string& key, const std::vector<std::string>& allowed, const std::string& otherwise)
{
    const auto found = optionalText(key);
    if (!found) return otherwise;
    for (const auto& word : allowed)
        if (word == *found) return word;
    fail(key, "must be one of " + joined(allowed) + ", not " + shown(*found));
    return otherwise;
}

Reader Reader::mapping(const std::string& key)
{
    const auto path = pathOf(path_, key);
    return {shared_->expect(take(key, true), Value::Kind::Mapping, path), path, shared_};
}

std::optional<Reader> Reader::optionalMapping(const std::string& key)
{
    const auto path = pathOf(path_, key);
    const auto* value = shared_->expect(take(key, false), Value::Kind::Mapping, path);
    if (value == nullptr) return std::nullopt;
    return Reader(value, path, shared_);
}

std::vector<Reader> Reader::mappings(const std::string& key)
{
    (void)take(key, true);
    auto readers = optionalMappings(key);
    if (readers.empty()) fail(key, "must have at least one entry");
    return readers;
}

std::vector<Reader> Reader::optionalMappings(const std::string& key)
{
    const auto path = pathOf(path_, key);
    const auto* list = shared_->expect(take(key, false), Value::Kind::Sequence, path);
    std::vector<Reader> readers;
    if (list == nullptr) return readers;
    for (const auto& item : list->sequence) {
        const auto place = path + "[" + std::to_string(readers.size()) + "]";
        const auto* mapping = shared_->expect(&item, Value::Kind::Mapping, place);
        if (mapping == nullptr) return {};
        readers.push_back(Reader(mapping, place, shared_));
    }
    return readers;
}

std::vector<std::pair<std::string, Reader>> Reader::optionalNamedMappings(const std::string& key)
{
    const auto path = pathOf(path_, key);
    const auto* names = shared_->expect(take(key, false), Value::Kind::Mapping, path);
    std::vector<std::pair<std::string, Reader>> readers;
    if (names == nullptr) return readers;
    for (const auto& [name, value] : names->mapping) {
        const auto place = pathOf(path, name);
        const auto* mapping = shared_->expect(&value, Value::Kind::Mapping, place);
        if (mapping == nullptr) return {};
        readers.emplace_back(name, Reader(mapping, place, shared_));
    }
    return readers;
}

} // namespace perennial::yaml
