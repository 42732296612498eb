#pragma once

#include "shared/base/result.h"
#include "shared/model/host_names.h"

#include <string>

namespace perennial::policy {

// "https://host[:port]/path" (RFC 3986), at most 2,048 bytes: no other scheme, no credentials, no
// query, no fragment; what a path cannot hold is written %20. InvalidInput says what is wrong with
// it.
Status checkEndpointUrl(const std::string& url);

using model::isHostName;
bool isIpAddress(const std::string& text); // IPv4 dotted or IPv6, without brackets or zone

} // namespace perennial::policy
