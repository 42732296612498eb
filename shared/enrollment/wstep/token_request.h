#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/enrollment/soap/element.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace perennial::enrollment::wstep {

struct ContextItem {  // auth:AdditionalContext: handed to the CA as a request attribute
    std::string name; // "CertificateTemplate"
    std::string value;
    friend bool operator==(const ContextItem&, const ContextItem&) = default;
};

// A new enrolment or a renewal: told apart by the bytes, see request/certificate_request.h.
struct Issue {
    Bytes request; // PKCS#10, CMS over PKCS#10, or CMC
    std::vector<ContextItem> additionalContext;
};
struct QueryTokenStatus {
    std::string requestId; // decimal, never empty
};
struct KeyExchange {};

// RequestSecurityToken as MS-WSTEP 3.1.4.1.1 profiles it.
struct TokenRequest {
    std::variant<Issue, QueryTokenStatus, KeyExchange> what;
    std::string preferredLanguage; // "en-US"; empty: none
};

std::string_view actionOf(const TokenRequest& request);
soap::Element toElement(const TokenRequest& request);
// InvalidInput for an unknown request type, one that does not go with the action, and for what is
// missing. Unknown children are passed over; ValueType is not believed; an Issue's RequestID and
// a query's BinarySecurityToken are ignored.
Result<TokenRequest> readTokenRequest(const soap::Element& body, std::string_view action);

} // namespace perennial::enrollment::wstep
