#pragma once

#include "shared/base/result.h"
#include "shared/enrollment/soap/element.h"

#include <cstddef>
#include <string_view>

namespace perennial::enrollment::soap {

struct XmlLimits {
    std::size_t bytes = 1U << 20U;
    std::size_t depth = 64;
    std::size_t nodes = 10'000;  // elements, comments, CDATA sections
    std::size_t attributes = 64; // of one element, namespace declarations included
};

// The one way foreign XML comes in (REQ-S-47). UTF-8 only, with or without a byte order mark and a
// declaration. A DOCTYPE, a processing instruction, another encoding or a broken limit is found by
// a linear look at the bytes, before the XML parser sees them. InvalidInput with what was wrong.
Result<Element> readXml(std::string_view document, const XmlLimits& limits = {});

} // namespace perennial::enrollment::soap
