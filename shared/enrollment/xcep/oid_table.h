#pragma once

#include "shared/base/result.h"
#include "shared/enrollment/soap/element.h"
#include "shared/enrollment/xcep/policies.h"

#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace perennial::enrollment::xcep {

// oIDs by their reference ids, and which of them were referred to.
class OidTable {
public:
    Status add(const soap::Element& oid); // an oID element
    // Puts the OID that an oIDReference element refers to into `place`.
    Status find(const soap::Element& reference, Oid& place);
    std::vector<Oid> neverReferred() const; // in the order of the message

private:
    std::map<std::int32_t, Oid> oids_;
    std::set<std::int32_t> referred_;
    std::vector<std::int32_t> order_;
};

} // namespace perennial::enrollment::xcep
