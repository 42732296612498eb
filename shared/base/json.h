#pragma once

#include "shared/base/result.h"

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace perennial {

// A JSON value (RFC 8259). Parsed by Poco behind this header; written in one canonical form.
class Json {
public:
    using Array = std::vector<Json>;
    using Object = std::map<std::string, Json>; // members are always in byte order of their names

    struct Limits {
        std::size_t bytes = 1U << 20U;
        std::size_t depth = 32;
        std::size_t values = 100'000;
    };

    Json() = default; // null
    Json(bool value) : value_(value) {}
    Json(std::int64_t value) : value_(value) {}
    Json(int value) : value_(static_cast<std::int64_t>(value)) {}
    Json(std::size_t value) : value_(static_cast<std::int64_t>(value)) {}
    Json(double value) : value_(value) {}
    Json(const char* value) : value_(std::string(value)) {}
    Json(std::string value) : value_(std::move(value)) {}
    Json(std::string_view value) : value_(std::string(value)) {}
    Json(Array value) : value_(std::move(value)) {}
    Json(Object value) : value_(std::move(value)) {}

    // Refuses repeated members, invalid UTF-8, whole numbers beyond 64 bits, anything after the
    // value, and what is over the limits.
    static Result<Json> parse(std::string_view text, const Limits& limits);
    static Result<Json> parse(std::string_view text) { return parse(text, Limits{}); }

    // No white space, members sorted, shortest escapes: equal values give equal bytes. A double
    // keeps a point or an exponent, so that it is read back as one; what JSON cannot hold becomes
    // null.
    std::string canonical() const;
    std::string pretty() const; // indented by two, for people

    bool isNull() const { return std::holds_alternative<std::monostate>(value_); }
    const bool* boolean() const { return std::get_if<bool>(&value_); }
    const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value_); }
    std::optional<double> number() const; // integers too
    const std::string* string() const { return std::get_if<std::string>(&value_); }
    const Array* array() const { return std::get_if<Array>(&value_); }
    const Object* object() const { return std::get_if<Object>(&value_); }
    Array* array() { return std::get_if<Array>(&value_); }
    Object* object() { return std::get_if<Object>(&value_); }
    std::string* string() { return std::get_if<std::string>(&value_); }

    const Json* find(std::string_view member) const; // null pointer when absent or not an object
    // For building: json["a"]["b"] = 1 makes objects on the way.
    Json& operator[](const std::string& member);
    void push(Json element); // makes an array of a null

    friend bool operator==(const Json&, const Json&) = default;

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// Reads the members of one object and refuses what nobody asked for:
//     JsonReader in(json, "order");
//     order.id = in.string("order_id"); order.note = in.optionalString("note");
//     if (auto status = in.finish(); !status) return status.error();
// The first thing wrong is kept; getters give empty values from then on.
class JsonReader {
public:
    JsonReader(const Json& json, std::string context);

    std::string string(const std::string& member, std::size_t limit = 4096);
    std::optional<std::string> optionalString(const std::string& member, std::size_t limit = 4096);
    std::int64_t integer(const std::string& member);
    std::int64_t optionalInteger(const std::string& member, std::int64_t otherwise);
    bool boolean(const std::string& member);
    bool optionalBoolean(const std::string& member, bool otherwise);
    std::vector<std::string> strings(const std::string& member, std::size_t limit = 1000);
    std::vector<std::string> optionalStrings(const std::string& member, std::size_t limit = 1000);
    std::map<std::string, std::string> stringMap(
        const std::string& member, std::size_t limit = 100);
    // The member's value, or null when it is absent.
    const Json& value(const std::string& member);
    const Json::Array& array(const std::string& member, std::size_t limit = 100'000);

    void fail(const std::string& member, const std::string& what); // for checks of the caller's own
    Status finish() const;               // also refuses members that were not asked for
    Status finishIgnoringOthers() const; // for messages of a newer version

private:
    static constexpr std::size_t stringLimit = 4096; // of strings inside arrays and maps

    const Json* take(const std::string& member, bool required);
    std::optional<std::string> stringOf(
        const Json* found, const std::string& member, std::size_t limit);
    std::optional<std::int64_t> integerOf(const Json* found, const std::string& member);
    std::optional<bool> booleanOf(const Json* found, const std::string& member);
    std::vector<std::string> stringsOf(
        const Json* found, const std::string& member, std::size_t limit);

    const Json* json_;
    std::string context_;
    std::map<std::string, bool> asked_;
    std::optional<Error> error_;
};

} // namespace perennial
