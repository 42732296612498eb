#include "shared/base/encoding.h"
#include "shared/base/json.h"

namespace perennial {

namespace {

// What getters give once something was wrong.
const Json nothing{};
const Json::Array noElements{};

} // namespace

JsonReader::JsonReader(const Json& json, std::string context)
    : json_(&json), context_(std::move(context))
{
    if (json.object() == nullptr)
        error_ = Error{ErrorKind::InvalidInput, context_ + ": must be an object"};
}

const Json* JsonReader::take(const std::string& member, bool required)
{
    asked_[member] = true;
    if (error_) return nullptr;
    const Json* found = json_->find(member);
    if (found == nullptr && required) fail(member, "is missing");
    return found;
}

void JsonReader::fail(const std::string& member, const std::string& what)
{
    if (!error_) error_ = Error{ErrorKind::InvalidInput, context_ + ": " + member + " " + what};
}

std::optional<std::string> JsonReader::stringOf(
    const Json* found, const std::string& member, std::size_t limit)
{
    if (found == nullptr) return std::nullopt;
    const std::string* text = found->string();
    if (text == nullptr) {
        fail(member, "must be a string");
    } else if (text->size() > limit) {
        fail(member, "is over " + std::to_string(limit) + " bytes");
    } else {
        return *text;
    }
    return std::nullopt;
}

std::string JsonReader::string(const std::string& member, std::size_t limit)
{
    return stringOf(take(member, true), member, limit).value_or("");
}

std::optional<std::string> JsonReader::optionalString(const std::string& member, std::size_t limit)
{
    return stringOf(take(member, false), member, limit);
}

std::optional<std::int64_t> JsonReader::integerOf(const Json* found, const std::string& member)
{
    if (found == nullptr) return std::nullopt;
    if (const auto* integer = found->integer()) return *integer;
    fail(member, "must be a whole number");
    return std::nullopt;
}

std::int64_t JsonReader::integer(const std::string& member)
{
    return integerOf(take(member, true), member).value_or(0);
}

std::int64_t JsonReader::optionalInteger(const std::string& member, std::int64_t otherwise)
{
    return integerOf(take(member, false), member).value_or(otherwise);
}

std::optional<bool> JsonReader::booleanOf(const Json* found, const std::string& member)
{
    if (found == nullptr) return std::nullopt;
    if (const auto* boolean = found->boolean()) return *boolean;
    fail(member, "must be true or false");
    return std::nullopt;
}

bool JsonReader::boolean(const std::string& member)
{
    return booleanOf(take(member, true), member).value_or(false);
}

bool JsonReader::optionalBoolean(const std::string& member, bool otherwise)
{
    return booleanOf(take(member, false), member).value_or(otherwise);
}

std::vector<std::string> JsonReader::stringsOf(
    const Json* found, const std::string& member, std::size_t limit)
{
    if (found == nullptr) return {};
    const Json::Array* array = found->array();
    if (array == nullptr) {
        fail(member, "must be an array of strings");
        return {};
    }
    if (array->size() > limit) {
        fail(member, "has more than " + std::to_string(limit) + " elements");
        return {};
    }
    std::vector<std::string> strings;
    for (const Json& element : *array) {
        const auto text = stringOf(&element, member, stringLimit);
        if (!text) return {};
        strings.push_back(*text);
    }
    return strings;
}

std::vector<std::string> JsonReader::strings(const std::string& member, std::size_t limit)
{
    return stringsOf(take(member, true), member, limit);
}

std::vector<std::string> JsonReader::optionalStrings(const std::string& member, std::size_t limit)
{
    return stringsOf(take(member, false), member, limit);
}

std::map<std::string, std::string> JsonReader::stringMap(
    const std::string& member, std::size_t limit)
{
    const Json* found = take(member, true);
    if (found == nullptr) return {};
    const Json::Object* object = found->object();
    if (object == nullptr) {
        fail(member, "must be an object of strings");
        return {};
    }
    if (object->size() > limit) {
        fail(member, "has more than " + std::to_string(limit) + " members");
        return {};
    }
    std::map<std::string, std::string> strings;
    for (const auto& [name, value] : *object) {
        const auto text = stringOf(&value, member + "." + toPrintable(name, 100), stringLimit);
        if (!text) return {};
        strings.emplace(name, *text);
    }
    return strings;
}

const Json& JsonReader::value(const std::string& member)
{
    const Json* found = take(member, false);
    return found == nullptr ? nothing : *found;
}

const Json::Array& JsonReader::array(const std::string& member, std::size_t limit)
{
    const Json* found = take(member, true);
    if (found == nullptr) return noElements;
    const Json::Array* array = found->array();
    if (array == nullptr) {
        fail(member, "must be an array");
        return noElements;
    }
    if (array->size() > limit) {
        fail(member, "has more than " + std::to_string(limit) + " elements");
        return noElements;
    }
    return *array;
}

Status JsonReader::finish() const
{
    if (error_) return *error_;
    const Json::Object* members = json_->object();
    if (members == nullptr) return {}; // then there was an error from the start
    for (const auto& [name, value] : *members) {
        if (asked_.count(name) != 0) continue;
        return Error{ErrorKind::InvalidInput,
            context_ + ": unknown member \"" + toPrintable(name, 100) + "\""};
    }
    return {};
}

Status JsonReader::finishIgnoringOthers() const
{
    if (error_) return *error_;
    return {};
}

} // namespace perennial
