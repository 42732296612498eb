#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/enrollment/soap/element.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace perennial::enrollment::xcep {

// The question to a CEP (MS-XCEP 3.1.4.1.1).
struct GetPolicies {
    std::optional<TimePoint> lastUpdate; // last successful reading; unset at the first contact
    std::string preferredLanguage;       // "en-US"; empty: the server's own
    std::vector<std::string> policyOids; // template OIDs that are wanted; empty: all
    // 1 = 2003 ... 6 = 2016. 0 is no limit, and so is nil when read; written as 0, because AD CS
    // takes nil for an old client and hides templates.
    std::int32_t clientVersion = 0;
    std::int32_t serverVersion = 0;
};

soap::Element toElement(const GetPolicies& question);
// `body` is the element of the SOAP body. InvalidInput without a `client` element, or when it is
// nil or empty.
Result<GetPolicies> readGetPolicies(const soap::Element& body);

} // namespace perennial::enrollment::xcep
