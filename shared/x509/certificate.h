#pragma once

#include "shared/base/clock.h"
#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace perennial::x509 {

class ParsedCertificate;

// One entry of subjectAltName (RFC 5280 4.2.1.6).
struct GeneralName {
    enum class Type { Dns, Ip, Uri, Email, DirectoryName, Upn, Other };
    Type type;
    std::string value; // text form; for Other the DER in hex
    friend auto operator<=>(const GeneralName&, const GeneralName&) = default;
};
inline const Bytes emptyName("\x30\x00", 2); // the DER of a Name without parts
std::string toText(const GeneralName& name); // "dns:web1.example.test"

// What the certificate says of its Microsoft template (extensions 1.3.6.1.4.1.311.21.7 and .20.2).
struct TemplateInformation {
    std::string oid;  // empty when only a name is given
    std::string name; // of a schema 1 template, otherwise empty
    int majorVersion = 0;
    int minorVersion = 0;
    friend bool operator==(const TemplateInformation&, const TemplateInformation&) = default;
};

// An X.509 certificate. Immutable; copies share the parsed form, so copying is cheap.
class Certificate {
public:
    static constexpr std::size_t sizeLimit = 64U << 10U; // bytes of DER, checked before parsing

    static Result<Certificate> fromPem(std::string_view pem); // the first one in the text
    static Result<Certificate> fromDer(std::string_view der); // nothing may follow it
    // A "TRUSTED CERTIFICATE" of OpenSSL's: what it says of trust follows the certificate, unread.
    static Result<Certificate> fromTrusted(std::string_view der);
    // Shares what OpenSSL has parsed already, as part of something larger; the checks of fromDer().
    static Result<Certificate> fromParsed(x509_st* parsed);
    // Every certificate in the text, in order; other PEM blocks are passed over. At most `limit`.
    static Result<std::vector<Certificate>> allFromPem(
        std::string_view pem, std::size_t limit = 100);
    // For the folders that may use OpenSSL. Nothing is checked: foreign bytes go through fromDer().
    static Certificate adopt(std::shared_ptr<x509_st> handle);
    x509_st* handle() const;        // the first call may take longer
    evp_pkey_st* publicKey() const; // null when it cannot be read

    std::string toPem() const;
    const Bytes& toDer() const;

    std::string subject() const; // RFC 4514 text
    std::string issuer() const;
    Bytes subjectDer() const;
    Bytes issuerDer() const;
    std::string commonName() const; // empty without one
    // Unchanged UTF-8, where the subject is that and not even an empty part beside it.
    std::optional<std::string> onlyCommonName() const;
    std::string displayName() const; // common name, else first subjectAltName, else subject
    std::string
    serial() const; // upper-case hex, no colons (as ECS writes it); '-' before a negative one
    std::string fingerprint() const; // lower-case hex of the SHA-256 of the DER form
    std::string sha1() const;        // lower-case hex; protocols only
    TimePoint notBefore() const;
    TimePoint notAfter() const;

    std::string keyType() const;            // "rsa-2048", "ec-p256", "ec-p384", "ed25519", ...
    std::string signatureAlgorithm() const; // OpenSSL's name, "ecdsa-with-SHA256"
    Bytes publicKeyDer() const;             // SubjectPublicKeyInfo
    std::string publicKeyPin() const;       // lower-case hex of the SHA-256 of publicKeyDer()

    std::vector<GeneralName> alternativeNames() const;
    std::vector<std::string> extendedKeyUsages() const; // OIDs; empty when the extension is absent
    // Without the extension, or with anyExtendedKeyUsage, all are allowed.
    bool allowsExtendedKeyUsage(std::string_view oid) const;
    // The policyIdentifiers of certificatePolicies or of Microsoft's application policies, by the
    // extension's OID; empty when it is absent.
    std::vector<std::string> policyIdentifiers(std::string_view extensionOid) const;
    bool isAuthority() const; // basicConstraints CA:TRUE
    bool isSelfIssued() const;
    std::optional<TemplateInformation> templateInformation() const;
    std::vector<std::string> extensionOids() const;
    bool isExtensionCritical(std::string_view oid) const;
    std::optional<Bytes> extension(std::string_view oid) const; // content of extnValue, DER
    bool isSignedBy(const Certificate& issuer) const;           // signature only

    friend bool operator==(const Certificate& a, const Certificate& b)
    {
        return a.toDer() == b.toDer();
    }

private:
    explicit Certificate(std::shared_ptr<const ParsedCertificate> parsed);

    std::shared_ptr<const ParsedCertificate> parsed_;
};

namespace oid {
inline constexpr std::string_view serverAuthentication = "1.3.6.1.5.5.7.3.1";
inline constexpr std::string_view clientAuthentication = "1.3.6.1.5.5.7.3.2";
inline constexpr std::string_view anyExtendedKeyUsage = "2.5.29.37.0";
inline constexpr std::string_view keyUsage = "2.5.29.15";
inline constexpr std::string_view subjectAlternativeName = "2.5.29.17";
inline constexpr std::string_view basicConstraints = "2.5.29.19";
inline constexpr std::string_view crlDistributionPoints = "2.5.29.31";
inline constexpr std::string_view freshestCrl = "2.5.29.46";
inline constexpr std::string_view authorityInformationAccess = "1.3.6.1.5.5.7.1.1";
inline constexpr std::string_view ocspSigning = "1.3.6.1.5.5.7.3.9";
inline constexpr std::string_view ocspNoCheck = "1.3.6.1.5.5.7.48.1.5";
inline constexpr std::string_view certificatePolicies = "2.5.29.32";
inline constexpr std::string_view extendedKeyUsage = "2.5.29.37";
inline constexpr std::string_view subjectKeyIdentifier = "2.5.29.14";
inline constexpr std::string_view authorityKeyIdentifier = "2.5.29.35";
inline constexpr std::string_view templateName = "1.3.6.1.4.1.311.20.2";
inline constexpr std::string_view templateInformation = "1.3.6.1.4.1.311.21.7";
inline constexpr std::string_view applicationPolicies = "1.3.6.1.4.1.311.21.10";
inline constexpr std::string_view ntdsSecurity = "1.3.6.1.4.1.311.25.2"; // carries a SID
inline constexpr std::string_view renewalCertificate = "1.3.6.1.4.1.311.13.1";
inline constexpr std::string_view nameValuePair = "1.3.6.1.4.1.311.13.2.1";
inline constexpr std::string_view clientInformation = "1.3.6.1.4.1.311.21.20";
} // namespace oid

} // namespace perennial::x509
