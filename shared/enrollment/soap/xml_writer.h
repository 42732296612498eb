#pragma once

#include "shared/enrollment/soap/element.h"

#include <string>
#include <string_view>

namespace perennial::enrollment::soap {

// UTF-8 text of an element, escaped, no declaration, no indentation. SOAP and WS-Addressing names
// get the prefixes s and a; every other namespace becomes the default one where it begins.
// Characters that XML 1.0 cannot hold, and broken UTF-8, become U+FFFD.
std::string writeXml(const Element& root);
std::string escaped(std::string_view text); // as the text of an element

} // namespace perennial::enrollment::soap
