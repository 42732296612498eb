#pragma once

#include "shared/base/result.h"
#include "shared/enrollment/soap/element.h"
#include "shared/enrollment/xcep/policies.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace perennial::enrollment::xcep {

// GetPoliciesResponse (MS-XCEP 3.1.4.1.1.2).
struct PolicyAnswer {
    std::string policyId; // one per policy provider, "{GUID}"
    std::optional<std::string> friendlyName;
    std::optional<std::uint32_t> nextUpdateHours; // above 0; unset when 0 was read
    bool notChanged = false;                      // since lastUpdate: then the lists are empty
    std::vector<Policy> policies;                 // empty: no template for this caller
    std::vector<Authority> authorities;
    std::vector<Oid>
        furtherOids; // in oIDs without being referred to, as the key usages of extensions
    friend bool operator==(const PolicyAnswer&, const PolicyAnswer&) = default;
};

// Elements in the schema's order, nothing left out, nil where a value is unset. Without policies,
// or when notChanged, policies, cAs and oIDs are nil and the lists are not looked at.
soap::Element toElement(const PolicyAnswer& answer);
// `body` is the element of the SOAP body. InvalidInput for what the schema forbids, for a reference
// to nothing and for a repeated reference id.
Result<PolicyAnswer> readPolicyAnswer(const soap::Element& body);

} // namespace perennial::enrollment::xcep
