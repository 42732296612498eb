#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/x509/certificate.h"
#include "shared/x509/cmc.h"
#include "shared/x509/private_key.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace perennial::enrollment::request {

// Who signs a response: the issuing CA, and the certificates above it that go into the response.
struct ResponseSigner {
    const x509::Certificate& certificate;
    const x509::PrivateKey& key;
    const std::vector<x509::Certificate>& above; // the root and what lies between
};

// CMC full responses (MS-WCCE 3.2.1.4.2.1.4.8.2): DER of a CMS SignedData over a PKIResponse.
Result<Bytes> makeIssuedResponse(const x509::Certificate& issued, const ResponseSigner& signer,
    std::string_view message = "Issued");
Result<Bytes> makePendingResponse(std::uint32_t requestId, TimePoint now,
    const ResponseSigner& signer, std::string_view message = "Taken Under Submission");
Result<Bytes> makeDeniedResponse(const ResponseSigner& signer, std::string_view message);

struct CmcResponse {
    x509::CmcStatus status;
    std::vector<x509::Certificate> certificates; // not judged
};
// The signature is not checked: a client judges the certificates one by one. Those among `known`
// are not decoded once more.
Result<CmcResponse> readCmcResponse(
    std::string_view der, const std::vector<x509::Certificate>& known = {});

struct IssuedCertificate {
    x509::Certificate certificate;
    std::vector<x509::Certificate> others; // of the CMC response, in its order; not judged
};

// The certificate that was issued for this key: the #X509v3 token if there is one, else the CMC
// response's certificate that its status names, else the only one with the key. Whatever it is, its
// public key must be the request's; anything else is refused with InvalidInput. A broken CMC
// response is passed over when the token is good. `known`: as above.
Result<IssuedCertificate> pickIssuedCertificate(std::string_view x509Token,
    std::string_view cmcResponse, std::string_view requestPublicKeyDer,
    std::vector<x509::Certificate> known = {});

} // namespace perennial::enrollment::request
