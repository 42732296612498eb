#include "shared/model/token_uri.h"

#include <map>

namespace perennial::model {

namespace {

constexpr std::size_t uriLimit = 1024;
constexpr std::string_view plain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

std::string encoded(std::string_view bytes)
{
    std::string text;
    for (const char byte : bytes) {
        if (plain.find(byte) != std::string_view::npos)
            text += byte;
        else
            text += "%" + toUpperHex(std::string_view(&byte, 1));
    }
    return text;
}

Result<Bytes> decoded(std::string_view text)
{
    Bytes bytes;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            bytes += text[at];
            continue;
        }
        const auto byte = fromHex(text.substr(at + 1, 2));
        if (!byte || byte->size() != 1)
            return Error{ErrorKind::InvalidInput, "a PKCS#11 URI with a broken %-sign"};
        bytes += *byte;
        at += 2;
    }
    return bytes;
}

} // namespace

std::string TokenUri::text() const
{
    auto text = std::string(tokenScheme) + "token=" + encoded(token);
    if (!object.empty()) text += ";object=" + encoded(object);
    if (!id.empty()) text += ";id=" + encoded(id);
    return text;
}

Result<TokenUri> parseTokenUri(std::string_view text)
{
    const auto wrong = [](const std::string& what) {
        return Error{ErrorKind::InvalidInput, "a PKCS#11 URI " + what};
    };
    if (!isTokenUri(text) || text.size() > uriLimit)
        return wrong("begins with pkcs11: and is short");
    auto path = text.substr(tokenScheme.size());
    path = path.substr(0, path.find('?'));
    std::map<std::string_view, Bytes> parts;
    while (!path.empty()) {
        const auto part = path.substr(0, path.find(';'));
        path.remove_prefix(std::min(path.size(), part.size() + 1));
        const auto equals = part.find('=');
        if (equals == std::string_view::npos) return wrong("has a part without \"=\"");
        const auto value = decoded(part.substr(equals + 1));
        if (!value) return value.error();
        if (!parts.emplace(part.substr(0, equals), *value).second)
            return wrong("says something twice");
    }
    parts.erase("type");
    TokenUri uri{parts["token"], parts["object"], parts["id"]};
    if (parts.size() > 3) return wrong("names more than token, object and id");
    if (uri.token.empty() || (uri.object.empty() && uri.id.empty()))
        return wrong("must name the token, and the object by its label or id");
    return uri;
}

} // namespace perennial::model
