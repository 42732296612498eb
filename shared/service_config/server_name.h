#pragma once

#include <string>

namespace perennial::service_config {

std::string lowerCase(std::string text); // ASCII

// RFC 6066 3: a DNS name with a dot or a letter, no address. "_" and the like are names that nobody
// asks for. In lower case.
bool canBeSent(const std::string& name);

} // namespace perennial::service_config
