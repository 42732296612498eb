#include "controller/enrollment/web/multipart.h"

#include <optional>
#include <vector>

namespace perennial::enrollment::server::web {

namespace {

Error malformed(const std::string& what)
{
    return Error{ErrorKind::InvalidInput, "the multipart form is malformed: " + what};
}

// The parameters after the first ';', values as tokens or quoted strings. Browsers write a quote in
// a name as %22 and never use a backslash (WHATWG), so a backslash is only itself: a path in a file
// name.
std::optional<std::vector<std::pair<std::string, std::string>>> readFieldParameters(
    std::string_view field)
{
    std::vector<std::pair<std::string, std::string>> found;
    auto at = field.find(';');
    while (at != std::string_view::npos) {
        field.remove_prefix(at + 1);
        const auto equals = field.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        auto name = lowered(trimmed(field.substr(0, equals)));
        field.remove_prefix(equals + 1);
        if (!field.empty() && field.front() == '"') {
            const auto end = field.find('"', 1);
            if (end == std::string_view::npos) return std::nullopt;
            found.emplace_back(std::move(name), field.substr(1, end - 1));
            field.remove_prefix(end + 1);
            if (!field.empty() && trimmed(field.substr(0, field.find(';'))) != "")
                return std::nullopt;
        } else {
            found.emplace_back(std::move(name), trimmed(field.substr(0, field.find(';'))));
        }
        at = field.find(';');
    }
    return found;
}

std::optional<std::string> boundaryOf(std::string_view contentType)
{
    const auto parameters = readFieldParameters(contentType);
    if (!parameters) return std::nullopt;
    for (const auto& [name, value] : *parameters) {
        if (name != "boundary") continue;
        if (value.empty() || value.size() > 70) return std::nullopt; // RFC 2046 5.1.1
        if (value.find_first_of("\r\n") != std::string::npos) return std::nullopt;
        return value;
    }
    return std::nullopt;
}

// The name that a part's headers give.
Result<std::string> nameOf(std::string_view headers)
{
    std::optional<std::string> name;
    while (!headers.empty()) {
        const auto line = headers.substr(0, headers.find("\r\n"));
        headers.remove_prefix(std::min(headers.size(), line.size() + 2));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return malformed("a header line without a colon");
        const auto field = lowered(line.substr(0, colon));
        if (field == "content-transfer-encoding") return malformed("a transfer encoding");
        if (field != "content-disposition") continue;
        const auto value = line.substr(colon + 1);
        const auto parameters = readFieldParameters(value);
        if (!parameters || lowered(trimmed(value.substr(0, value.find(';')))) != "form-data")
            return malformed("a Content-Disposition that is not form-data");
        for (const auto& [key, text] : *parameters) {
            if (key != "name") continue;
            if (name) return malformed("a part with two names");
            name = text;
        }
    }
    if (!name) return malformed("a part without a name");
    return *name;
}

Status addPart(Parameters& parameters, std::string_view part)
{
    const auto end = part.find("\r\n\r\n");
    if (end == std::string_view::npos) return malformed("a part without an empty line");
    if (end > 2048) return malformed("a part's headers are over 2 KiB");
    const auto name = nameOf(part.substr(0, end));
    if (!name) return name.error();
    const auto value = part.substr(end + 4);
    // Browsers send an unused file field as an empty part.
    return value.empty() ? Status() : parameters.add(*name, Bytes(value));
}

bool isBlank(std::string_view text)
{
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

} // namespace

Result<Parameters> readMultipart(std::string_view contentType, std::string_view body)
{
    const auto boundary = boundaryOf(contentType);
    if (!boundary) return malformed("no boundary in the Content-Type");
    const std::string delimiter = "--" + *boundary;
    const auto first = body.find(delimiter);
    if (first == std::string_view::npos || !isBlank(body.substr(0, first)))
        return malformed("it does not begin with its boundary");
    body.remove_prefix(first + delimiter.size());

    Parameters parameters;
    int parts = 0;
    while (body.substr(0, 2) != "--") {
        if (body.substr(0, 2) != "\r\n") return malformed("no line end after a boundary");
        body.remove_prefix(2);
        const auto end = body.find("\r\n" + delimiter);
        if (end == std::string_view::npos) return malformed("the last boundary is missing");
        if (++parts > 64) return malformed("over 64 parts");
        if (auto added = addPart(parameters, body.substr(0, end)); !added) return added.error();
        body.remove_prefix(end + 2 + delimiter.size());
    }
    if (!isBlank(body.substr(2))) return malformed("something follows the last boundary");
    return parameters;
}

} // namespace perennial::enrollment::server::web
