#include "shared/base/encoding.h"
#include "shared/base/json.h"

#include <exception>
#include <limits>
#include <nlohmann/json.hpp>

namespace perennial {

namespace {

// Builds the value from what the parser meets, and stops it at the first thing we do not take. Its
// functions have the names and forms that nlohmann's parser asks for; false ends the parsing.
class Builder {
public:
    explicit Builder(const Json::Limits& limits) : limits_(limits) {}

    Json take() { return std::move(root_); }
    const std::string& refusal() const { return refusal_; }

    // NOLINTBEGIN(readability-identifier-naming)
    bool null() { return add(Json()) != nullptr; }
    bool boolean(bool v) { return add(v) != nullptr; }
    bool number_integer(std::int64_t v) { return add(v) != nullptr; }
    bool number_unsigned(std::uint64_t v)
    {
        if (v > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return refuse("a whole number beyond 64 bits");
        return add(static_cast<std::int64_t>(v)) != nullptr;
    }
    // A whole number comes here when it is too big for the others.
    bool number_float(double v, const std::string& text)
    {
        if (text.find_first_of(".eE") == std::string::npos)
            return refuse("a whole number beyond 64 bits");
        return add(v) != nullptr;
    }
    bool string(std::string& v) { return add(std::move(v)) != nullptr; }
    bool binary(const std::vector<std::uint8_t>& /*v*/) { return refuse("bytes"); }
    bool start_object(std::size_t /*size*/) { return open(Json::Object{}); }
    bool start_array(std::size_t /*size*/) { return open(Json::Array{}); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(std::string& name)
    {
        if (name.find('\0') != std::string::npos)
            return refuse("a member's name with a zero character");
        if (open_.back()->find(name) != nullptr)
            return refuse("the member \"" + toPrintable(name, 100) + "\" is there twice");
        name_ = std::move(name);
        return true;
    }
    // What stood there may be a secret and is not told.
    bool parse_error(
        std::size_t position, const std::string& /*token*/, const std::exception& /*what*/)
    {
        return refuse("not well-formed near byte " + std::to_string(position));
    }
    // NOLINTEND(readability-identifier-naming)

private:
    bool refuse(std::string why)
    {
        refusal_ = std::move(why);
        return false;
    }
    bool open(Json container)
    {
        if (open_.size() == limits_.depth)
            return refuse("nested deeper than " + std::to_string(limits_.depth));
        Json* added = add(std::move(container));
        if (added != nullptr) open_.push_back(added);
        return added != nullptr;
    }
    bool close()
    {
        open_.pop_back();
        return true;
    }
    // Null: refused.
    Json* add(Json value)
    {
        if (++values_ > limits_.values) {
            refuse("more than " + std::to_string(limits_.values) + " values");
            return nullptr;
        }
        if (open_.empty()) return &(root_ = std::move(value));
        Json& parent = *open_.back();
        // An array moves its elements only while none of them is open.
        if (auto* array = parent.array()) return &array->emplace_back(std::move(value));
        return &(parent[name_] = std::move(value));
    }

    const Json::Limits& limits_;
    Json root_;
    std::vector<Json*> open_; // from the outside in
    std::string name_;
    std::size_t values_ = 0;
    std::string refusal_;
};

} // namespace

Result<Json> Json::parse(std::string_view text, const Limits& limits)
{
    if (text.size() > limits.bytes) {
        return Error{ErrorKind::InvalidInput,
            "JSON of more than " + std::to_string(limits.bytes) + " bytes"};
    }
    if (!isValidUtf8(text)) return Error{ErrorKind::InvalidInput, "JSON that is not UTF-8"};
    // The parser would take the first for the end, and pass over the second.
    if (text.find('\0') != std::string_view::npos)
        return Error{ErrorKind::InvalidInput, "JSON: a zero byte"};
    if (text.starts_with("\xEF\xBB\xBF"))
        return Error{ErrorKind::InvalidInput, "JSON: a byte order mark"};
    try {
        Builder builder(limits);
        if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
        return Error{ErrorKind::InvalidInput, "JSON: " + builder.refusal()};
    } catch (const std::exception& wrong) {
        return Error{ErrorKind::InvalidInput, "JSON: " + toPrintable(wrong.what(), 200)};
    }
}

} // namespace perennial
