#pragma once

#include <string>
#include <string_view>

namespace perennial::http {

bool isToken(std::string_view text);          // RFC 9110 5.6.2: methods, names of headers
bool isFieldValue(std::string_view text);     // no control character but the tab
std::string lowerCase(std::string_view text); // ASCII letters only

} // namespace perennial::http
