#include "shared/yaml/strict_yaml.h"

#include "shared/base/encoding.h"
#include "shared/yaml/source_check.h"
#include "shared/yaml/value_builder.h"

#include <algorithm>
#include <exception>
#include <sstream>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace perennial::yaml {

namespace {

enum class Documents { One, Many };

std::vector<Value> readDocuments(
    const std::string& source, const Limits& limits, Documents documents)
{
    std::istringstream stream(source);
    YAML::Parser parser(stream);
    std::vector<Value> values;
    std::size_t nodes = 0;
    for (;;) {
        ValueBuilder builder(source, limits, nodes, values.size());
        if (!parser.HandleNextDocument(builder)) return values;
        values.push_back(builder.takeRoot());
        if (documents == Documents::One && values.size() > 1)
            throw Refusal{builder.line(), "a second document (---); one is expected"};
    }
}

// An alias to an anchor that is not there is refused by the library before we see it.
std::string messageOf(const YAML::Exception& exception, const std::string& source)
{
    const auto at = static_cast<std::size_t>(exception.mark.pos);
    if (at < source.size() && source[at] == '*')
        return "aliases are not accepted; write the value out";
    return "not valid YAML: " + toPrintable(exception.msg);
}

Result<std::vector<Value>> readText(
    std::string_view text, const std::string& fileName, const Limits& limits, Documents documents)
{
    if (text.size() > limits.bytes)
        return errorAt(
            fileName, 1, "larger than the limit of " + std::to_string(limits.bytes) + " bytes");
    const auto source = checkSource(text, fileName);
    if (!source) return source.error();
    // The parser keeps all of a bracket in memory, at 250 times its size, before it hands any of it
    // out.
    const auto brackets = std::count_if(
        source->begin(), source->end(), [](char c) { return c == '[' || c == '{' || c == ','; });
    if (static_cast<std::size_t>(brackets) > 2 * limits.nodes)
        return errorAt(
            fileName, 1, "more than " + std::to_string(2 * limits.nodes) + " brackets and commas");
    try {
        return readDocuments(*source, limits, documents);
    } catch (const Refusal& refusal) {
        return errorAt(fileName, refusal.line, refusal.what);
    } catch (const YAML::Exception& exception) {
        return errorAt(
            fileName, std::max(exception.mark.line + 1, 1), messageOf(exception, *source));
    } catch (const std::exception& exception) {
        return Error{ErrorKind::Internal, exception.what()}.in("reading " + toPrintable(fileName));
    }
}

} // namespace

Result<Value> parse(std::string_view text, const std::string& fileName, const Limits& limits)
{
    auto documents = readText(text, fileName, limits, Documents::One);
    if (!documents) return documents.error();
    if (!documents->empty()) return std::move(documents->front());
    Value nothing;
    nothing.line = 1;
    return nothing;
}

Result<std::vector<Value>> parseAll(
    std::string_view text, const std::string& fileName, const Limits& limits)
{
    return readText(text, fileName, limits, Documents::Many);
}

} // namespace perennial::yaml
