#pragma once

#include "shared/base/result.h"
#include "shared/enrollment/hresult.h"
#include "shared/x509/certificate.h"
#include "shared/x509/private_key.h"
#include "shared/x509/request_attributes.h"
#include "shared/x509/signing_request.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace perennial::enrollment::request {

inline constexpr std::size_t sizeLimit = 256U << 10U; // bytes of any request or response token

// DER of a CMS SignedData over a PKCS#10 (MS-WCCE 3.1.1.4.3.2): the PKCS#10 is signed by the new
// key, the CMS by the old one. Subject, alternative names, template, key usages, application
// policies and SID are the old certificate's; attribute 1.3.6.1.4.1.311.13.1 is the old
// certificate. InvalidInput when oldKey is not the old certificate's.
Result<Bytes> makeRenewalRequest(const x509::Certificate& oldCertificate,
    const x509::PrivateKey& oldKey, const x509::PrivateKey& newKey);

// The same as a CMC full request (MS-WCCE 3.1.1.4.3.1.3): signed by both keys.
Result<Bytes> makeCmcRenewal(const x509::Certificate& oldCertificate,
    const x509::PrivateKey& oldKey, const x509::PrivateKey& newKey);
// A CMC full request over the PKCS#10, signed by its key. Attributes go into RegInfo:
// names without "=", "&" and "%", values escaped where they have them.
Result<Bytes> makeCmcRequest(const x509::SigningRequest& request, const x509::PrivateKey& key,
    const std::vector<x509::NameValue>& attributes = {});

struct EnrollmentContent {
    std::string subject; // common name or RFC 4514 text; empty: the CA builds it
    std::vector<x509::GeneralName> alternativeNames;
    x509::TemplateInformation
        templateInformation;                    // by OID (schema 2 and later) or by name (schema 1)
    std::vector<std::string> extendedKeyUsages; // OIDs
    std::vector<std::string> applicationPolicies; // OIDs
    std::vector<std::string> keyUsages;           // "digitalSignature", ...
    std::vector<x509::Extension>
        furtherExtensions; // a policy's, as CEP lists them; each replaces its like above
    std::string hash;      // of x509::RequestContent
};
Result<x509::SigningRequest> makeEnrollmentRequest(
    const EnrollmentContent& content, const x509::PrivateKey& key);

// A bare PKCS#10, or one in a CMS or CMC message that names no old certificate. Possession of the
// key was checked: by the request's own signature or, in CMC, by the message's.
struct NewRequest {
    x509::SigningRequest request;
    // Who signed the message around it besides the request's own key, in the message's order: five
    // at most. Signatures were checked, trust was not.
    std::vector<x509::Certificate> signers;
    // Name and value pairs from the PKCS#10, CMC's RegInfo and signed attributes: printable, but
    // nothing of them is judged.
    std::vector<x509::NameValue> attributes;
};
// Signatures of both keys were checked, and that `old` is among the CMS's certificates and signed
// it. Not checked: chain, validity, revocation, names, template. That is the server's.
struct RenewalRequest {
    x509::SigningRequest request;
    x509::Certificate old; // of attribute 1.3.6.1.4.1.311.13.1, and the CMS's signer
    std::vector<x509::NameValue> attributes;
};
struct Rejected {
    HResult code;
    std::string reason;
};
using ReadRequest = std::variant<NewRequest, RenewalRequest, Rejected>;

// PKCS#10, CMS over PKCS#10, or CMC full request: told from the DER, never from ValueType. In the
// order of MS-WCCE 3.2.1.4.2.1.4. Keys to archive are refused with 0x8009400A. `known`:
// certificates that are probably enclosed and need not be decoded again.
ReadRequest readRequest(std::string_view der, const std::vector<x509::Certificate>& known = {});

} // namespace perennial::enrollment::request
