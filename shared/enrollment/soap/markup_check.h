#pragma once

#include "shared/base/result.h"
#include "shared/enrollment/soap/xml_reader.h"

#include <string_view>

namespace perennial::enrollment::soap {

// Refuses what no message of ours may hold, before an XML parser sees it: one pass over the bytes,
// no memory. Well-formedness is the parser's matter. An XML parser takes a DOCTYPE only before the
// first tag, where there is nothing but comments and white space, so the two cannot disagree about
// it.
Status checkMarkup(std::string_view document, const XmlLimits& limits);

} // namespace perennial::enrollment::soap
