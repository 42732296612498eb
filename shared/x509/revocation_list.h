#pragma once

#include "shared/x509/certificate.h"
#include "shared/x509/private_key.h"
#include "shared/x509/signing_request.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct X509_crl_st;

namespace perennial::x509 {

// RFC 5280 5.3.1, by its numbers.
enum class RevocationReason {
    Unspecified = 0,
    KeyCompromise = 1,
    AuthorityCompromise = 2,
    AffiliationChanged = 3,
    Superseded = 4,
    CessationOfOperation = 5,
    CertificateHold = 6, // the only one that can be taken back
    RemoveFromCrl = 8,   // in a delta CRL: the hold is over
    PrivilegeWithdrawn = 9,
    AttributeAuthorityCompromise = 10,
};
std::string_view nameOf(RevocationReason reason); // "keyCompromise"
std::optional<RevocationReason> reasonFromName(std::string_view name);
std::optional<RevocationReason> reasonFromNumber(std::int64_t number);
std::string reasonNames(); // all of them, ", " between

struct RevokedCertificate {
    std::string serial; // as Certificate::serial() writes it
    TimePoint revokedAt;
    RevocationReason reason = RevocationReason::Unspecified;
    friend bool operator==(const RevokedCertificate&, const RevokedCertificate&) = default;
};

struct RevocationListContent {
    std::int64_t number = 0; // over base and delta CRLs, never the same twice but for a pair
    TimePoint thisUpdate;
    TimePoint nextUpdate;
    std::optional<TimePoint> nextPublish = {};   // Microsoft's 1.3.6.1.4.1.311.21.4
    std::optional<std::int64_t> baseNumber = {}; // then it is a delta CRL
    std::vector<std::string> freshestUrls = {};  // of a base CRL: where its delta CRLs are
    std::vector<RevokedCertificate> revoked = {};
};

// A CRL (RFC 5280 5). Immutable; copies share the parsed form.
class RevocationList {
public:
    static constexpr std::size_t sizeLimit = 64U << 20U;

    static Result<RevocationList> make(
        const RevocationListContent& content, const Certificate& authority, const PrivateKey& key);
    static Result<RevocationList> fromDer(std::string_view der);

    const Bytes& toDer() const { return *der_; }
    std::string toPem() const;
    Bytes issuerDer() const;
    std::int64_t number() const;                    // 0 without the extension
    std::optional<std::int64_t> baseNumber() const; // of a delta CRL
    TimePoint thisUpdate() const;
    TimePoint nextUpdate() const; // thisUpdate() when it does not say
    std::vector<RevokedCertificate> revoked() const;
    bool isSignedBy(const Certificate& issuer) const; // name and signature
    // Whether it says that it is something else than all of its issuer's revoked certificates, or
    // what changed of them: of some only, or of others' (RFC 5280 5.2: such extensions are
    // critical).
    bool isPartial() const;

private:
    RevocationList(std::shared_ptr<X509_crl_st> handle, Bytes der);

    std::shared_ptr<X509_crl_st> handle_;
    std::shared_ptr<const Bytes> der_;
};

// Where a certificate says its CRLs, its issuer and its OCSP responder are (RFC 5280 4.2.1.13,
// 4.2.2.1). Every address is one way to the same thing.
Result<Extension> distributionPointsExtension(const std::vector<std::string>& crlUrls);
Result<Extension> freshestCrlExtension(const std::vector<std::string>& deltaUrls);
Result<Extension> authorityAccessExtension(
    const std::vector<std::string>& issuerUrls, const std::vector<std::string>& ocspUrls);

} // namespace perennial::x509
