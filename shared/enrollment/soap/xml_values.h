#pragma once

#include "shared/base/clock.h"
#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/enrollment/soap/element.h"

#include <cstdint>
#include <optional>
#include <string>

namespace perennial::enrollment::soap {

// XML Schema values, white space around them stripped. InvalidInput names the element.
Result<std::uint32_t> readUnsignedInt(const Element& element); // decimal, never negative
Result<std::uint64_t> readUnsignedLong(const Element& element);
Result<std::int32_t> readInt(const Element& element);
Result<bool> readBoolean(const Element& element); // true, false, 1, 0
Result<Bytes> readBase64(const Element& element); // strict, after XML white space is taken out
// With or without fraction and zone; no zone means GMT.
Result<TimePoint> readDateTime(const Element& element);

std::string toText(bool value);

// The value of an optional, nillable child: unset when it is missing or nil.
template <class T>
Result<std::optional<T>> readOptional(
    const Element& parent, const Name& name, Result<T> (*read)(const Element&))
{
    auto child = parent.optionalChild(name);
    if (!child) return child.error();
    if (*child == nullptr || (*child)->isNil()) return std::optional<T>();
    auto value = read(**child);
    if (!value) return value.error();
    return std::optional<T>(std::move(value).value());
}

// The value of a child that must be there and not nil.
template <class T>
Result<T> readRequired(const Element& parent, const Name& name, Result<T> (*read)(const Element&))
{
    const auto child = parent.child(name);
    if (!child) return child.error();
    return read(**child);
}

Result<std::string> readString(const Element& element); // stripped

} // namespace perennial::enrollment::soap
