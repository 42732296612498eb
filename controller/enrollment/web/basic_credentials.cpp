#include "controller/enrollment/web/basic_credentials.h"

#include "controller/enrollment/web/parameters.h"

namespace perennial::enrollment::server::web {

std::string schemeOf(std::string_view authorization)
{
    return lowered(authorization.substr(0, authorization.find(' ')));
}

std::optional<BasicCredentials> readBasicCredentials(std::string_view authorization)
{
    if (schemeOf(authorization) != "basic" || authorization.size() > 4096) return std::nullopt;
    const auto space = authorization.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    auto decoded = fromBase64(authorization.substr(space + 1));
    if (!decoded) return std::nullopt;
    Secret pair(*std::move(decoded));
    const auto text = pair.reveal();
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || !isValidUtf8(text) ||
        text.find('\0') != std::string_view::npos)
        return std::nullopt;
    return BasicCredentials{
        std::string(text.substr(0, colon)), Secret(std::string(text.substr(colon + 1)))};
}

} // namespace perennial::enrollment::server::web
