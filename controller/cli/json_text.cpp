#include "controller/cli/json_text.h"

#include "shared/base/clock.h"
#include "shared/base/encoding.h"

#include <limits>

namespace perennial::cli {

namespace {

const Json* findBelow(const Json& json, const std::string& member)
{
    const auto dot = member.find('.');
    const auto* found = json.find(member.substr(0, dot));
    if (found == nullptr || dot == std::string::npos) return found;
    return findBelow(*found, member.substr(dot + 1));
}

// JSON's own escapes are those that toPrintable writes.
std::string escapedLine(std::string_view line)
{
    return toPrintable(line, std::numeric_limits<std::size_t>::max()) + "\n";
}

std::string textOfValue(const Json& value)
{
    if (value.isNull()) return "";
    if (const auto* text = value.string()) return toPrintable(*text, 8192);
    return toPrintable(value.canonical(), 8192);
}

} // namespace

std::string textOf(const Json& json, const std::string& member)
{
    const auto* value = findBelow(json, member);
    return value == nullptr ? "" : textOfValue(*value);
}

std::string timeOf(const Json& json, const std::string& member)
{
    auto text = textOf(json, member);
    const auto time = timeFromRfc3339(text);
    if (!time) return text;
    text = toRfc3339(*time).substr(0, 16);
    text[10] = ' ';
    return text;
}

std::int64_t numberOf(const Json& json, const std::string& member)
{
    const auto* value = findBelow(json, member);
    return value == nullptr || value->integer() == nullptr ? 0 : *value->integer();
}

bool isTrue(const Json& json, const std::string& member)
{
    const auto* value = findBelow(json, member);
    return value != nullptr && value->boolean() != nullptr && *value->boolean();
}

const Json::Array& itemsOf(const Json& json, const std::string& member)
{
    static const Json::Array none;
    const auto* value = findBelow(json, member);
    return value == nullptr || value->array() == nullptr ? none : *value->array();
}

std::string joined(const Json& list, const std::string& separator)
{
    if (list.array() == nullptr) return textOfValue(list);
    std::string text;
    for (const auto& element : *list.array())
        text += (text.empty() ? "" : separator) + textOfValue(element);
    return text;
}

std::string labelsOf(const Json& json, const std::string& member)
{
    const auto* labels = findBelow(json, member);
    if (labels == nullptr || labels->object() == nullptr) return "";
    std::string text;
    for (const auto& [key, value] : *labels->object())
        text += (text.empty() ? "" : " ") + toPrintable(key, 200) + "=" + textOfValue(value);
    return text;
}

std::string prettyText(const Json& json)
{
    const auto pretty = json.pretty();
    std::string text;
    for (std::size_t start = 0; start < pretty.size();) {
        const auto end = std::min(pretty.find('\n', start), pretty.size());
        text += escapedLine(std::string_view(pretty).substr(start, end - start));
        start = end + 1;
    }
    return text;
}

std::string lineText(const Json& json) { return escapedLine(json.canonical()); }

} // namespace perennial::cli
