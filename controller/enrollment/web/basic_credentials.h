#pragma once

#include "shared/base/secret.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::enrollment::server::web {

struct BasicCredentials {
    std::string name;
    Secret password;
};
// The value of an Authorization header (RFC 7617, UTF-8); nothing when it is no Basic one or cannot
// be read.
std::optional<BasicCredentials> readBasicCredentials(std::string_view authorization);

// "negotiate" of "Negotiate YII...", in lower case.
std::string schemeOf(std::string_view authorization);

} // namespace perennial::enrollment::server::web
