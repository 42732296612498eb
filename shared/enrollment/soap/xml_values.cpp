#include "shared/enrollment/soap/xml_values.h"

#include <charconv>

namespace perennial::enrollment::soap {

namespace {

Error wrong(const Element& element, std::string_view expected)
{
    return {ErrorKind::InvalidInput, "element " + element.local + " must be " +
                                         std::string(expected) + ", not \"" +
                                         toPrintable(strip(element.text), 40) + '"'};
}

template <class Number>
Result<Number> readNumber(const Element& element, std::string_view expected)
{
    const std::string text = strip(element.text);
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
        return wrong(element, expected);
    }
    return number;
}

bool isDigits(std::string_view text)
{
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

} // namespace

Result<std::uint32_t> readUnsignedInt(const Element& element)
{
    return readNumber<std::uint32_t>(element, "a number from 0 to 4294967295");
}

Result<std::uint64_t> readUnsignedLong(const Element& element)
{
    return readNumber<std::uint64_t>(element, "a number that is not negative");
}

Result<std::int32_t> readInt(const Element& element)
{
    return readNumber<std::int32_t>(element, "a number from -2147483648 to 2147483647");
}

Result<bool> readBoolean(const Element& element)
{
    const std::string text = strip(element.text);
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return wrong(element, "true or false");
}

Result<Bytes> readBase64(const Element& element)
{
    auto bytes = fromBase64(element.text);
    if (!bytes) return bytes.error().in("element " + element.local);
    return bytes;
}

Result<TimePoint> readDateTime(const Element& element)
{
    const std::string text = strip(element.text);
    static constexpr std::size_t toSeconds = 19; // 2026-11-21T04:00:00
    if (text.size() < toSeconds) return wrong(element, "a date and time");
    std::string_view rest = std::string_view(text).substr(toSeconds);
    if (rest.starts_with('.')) {
        const auto end = rest.find_first_not_of("0123456789", 1);
        if (!isDigits(rest.substr(1, end == std::string_view::npos ? end : end - 1))) {
            return wrong(element, "a date and time");
        }
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    }
    const auto time = timeFromRfc3339(
        text.substr(0, toSeconds) + std::string(rest.empty() ? std::string_view("Z") : rest));
    return time ? time : wrong(element, "a date and time");
}

Result<std::string> readString(const Element& element) { return strip(element.text); }

std::string toText(bool value) { return value ? "true" : "false"; }

} // namespace perennial::enrollment::soap
