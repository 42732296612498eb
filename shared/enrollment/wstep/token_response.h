#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/enrollment/soap/element.h"

#include <string>
#include <string_view>
#include <variant>

namespace perennial::enrollment::wstep {

struct Issued {
    Bytes certificate; // DER, the #X509v3 token; may be empty when read from a third-party server
    Bytes cmcResponse; // the #PKCS7 token; idem, but never both
    std::string dispositionMessage; // when read: printable; shown, never decided upon
    std::string requestId;          // may be empty when read
};
struct Pending {
    std::string referenceUri; // the CES URL to ask again
    Bytes cmcResponse;        // may be empty
    std::string dispositionMessage;
    std::string requestId; // never empty: there is nothing to ask for otherwise
};
struct KeyExchangeToken {
    Bytes certificate; // DER of the CA's exchange certificate
};

// The one RequestSecurityTokenResponse of a collection (MS-WSTEP 3.1.4.1.1.2). A denial is none: it
// is a fault with EnrollmentDetail.
using TokenResponse = std::variant<Issued, Pending, KeyExchangeToken>;

std::string_view actionOf(const TokenResponse& response);
soap::Element toElement(const TokenResponse& response, std::string_view language = "en-US");
// Pending or issued is told from the structure, not from the text. InvalidInput when there is not
// exactly one response, or a token where none belongs.
Result<TokenResponse> readTokenResponse(const soap::Element& body);

} // namespace perennial::enrollment::wstep
