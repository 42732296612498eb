#pragma once

#include "shared/x509/certificate.h"
#include "shared/x509/private_key.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace perennial::x509 {

struct Extension {
    std::string oid;
    bool critical = false;
    Bytes value; // content of extnValue, DER
    friend bool operator==(const Extension&, const Extension&) = default;
};

// A PKCS#10 request (RFC 2986). Immutable. Extensions are read from 1.2.840.113549.1.9.14 and from
// Microsoft's 1.3.6.1.4.1.311.2.1.14 alike; a repeated extension or attribute type is refused.
class SigningRequest {
public:
    static constexpr std::size_t sizeLimit = 64U << 10U;

    static Result<SigningRequest> fromDer(std::string_view der);
    static Result<SigningRequest> fromPem(std::string_view pem);

    const Bytes& toDer() const { return der_; }
    std::string toPem() const;
    std::string subject() const; // RFC 4514 text, empty for 30 00
    Bytes subjectDer() const;
    // Unchanged UTF-8, where the subject is that and not even an empty part beside it.
    std::optional<std::string> onlyCommonName() const;
    Bytes publicKeyDer() const;
    Bytes keyIdentifier() const; // SHA-1 of the key's bits (RFC 5280 4.2.1.2)
    std::string keyType() const;
    bool isSelfSigned() const; // its signature verifies with its own key: proof of possession
    // MS-WCCE 2.2.2.6.5: its signature is a bare hash of it, which proves nothing.
    bool isNullSigned() const;
    std::vector<Extension> extensions() const;
    std::optional<Bytes> extension(std::string_view oid) const;
    std::vector<GeneralName> alternativeNames() const;
    std::vector<std::string> extendedKeyUsages() const; // OIDs; empty when the extension is absent
    std::optional<TemplateInformation> templateInformation() const;
    std::vector<std::string> attributeOids() const;
    std::vector<Bytes> attributeValues(std::string_view oid) const; // DER of each value in the SET

private:
    struct Parsed;
    explicit SigningRequest(std::shared_ptr<const Parsed> parsed, Bytes der);

    std::shared_ptr<const Parsed> parsed_;
    Bytes der_;
};

struct RequestContent {
    Bytes subjectDer; // a Name; "\x30\x00" for an empty one
    std::vector<Extension> extensions;
    std::map<std::string, Bytes> attributes; // OID to the DER of its one value
    std::string hash = {}; // "sha384", "sha512": to sign with, where the key's own is shorter
};
Result<SigningRequest> makeSigningRequest(const RequestContent& content, const PrivateKey& key);

// DER for names and extensions, so that nobody else writes ASN.1.
Result<Bytes> subjectDerFromText(
    std::string_view commonNameOrDn); // "web1.example.test" or "CN=..,O=.."
Result<Extension> alternativeNameExtension(
    const std::vector<GeneralName>& names, bool critical = false);
Result<Extension> extendedKeyUsageExtension(const std::vector<std::string>& oids);
Result<Extension> applicationPoliciesExtension(const std::vector<std::string>& oids);
Result<Extension> keyUsageExtension(
    const std::vector<std::string>& names); // "digitalSignature", ...
Result<Extension> templateInformationExtension(const TemplateInformation& information);

} // namespace perennial::x509
