#include "controller/enrollment/web/multipart.h"
#include "controller/enrollment/web/parameters.h"

#include <optional>

namespace perennial::enrollment::server::web {

namespace {

int hexValue(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Unlike a query's, these values have lines. A NUL is nobody's text.
std::optional<std::string> decoded(std::string_view text)
{
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hexValue(text[i + 1]);
            const int low = hexValue(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (c == '\0') return std::nullopt;
        plain += c;
    }
    if (!isValidUtf8(plain)) return std::nullopt;
    return plain;
}

Result<Parameters> readUrlEncoded(std::string_view body)
{
    Parameters parameters;
    while (!body.empty()) {
        const auto part = body.substr(0, body.find('&'));
        body.remove_prefix(std::min(body.size(), part.size() + 1));
        if (part.empty()) continue;
        const auto equals = part.find('=');
        const auto name = decoded(part.substr(0, equals));
        auto value = decoded(equals == std::string_view::npos ? "" : part.substr(equals + 1));
        if (!name || !value)
            return Error{ErrorKind::InvalidInput, "the form is not percent-encoded UTF-8"};
        if (auto added = parameters.add(*name, *std::move(value)); !added) return added.error();
    }
    return parameters;
}

} // namespace

Result<Parameters> readForm(std::string_view contentType, std::string_view body)
{
    if (body.size() > formLimit) return Error{ErrorKind::InvalidInput, "the form is over 800 KiB"};
    const auto type = lowered(trimmed(contentType.substr(0, contentType.find(';'))));
    if (type == "application/x-www-form-urlencoded") return readUrlEncoded(body);
    if (type == "multipart/form-data") return readMultipart(contentType, body);
    return Error{ErrorKind::InvalidInput,
        "send a form: application/x-www-form-urlencoded or multipart/form-data"};
}

} // namespace perennial::enrollment::server::web
