#pragma once

#include "shared/x509/certificate.h"
#include "shared/x509/private_key.h"
#include "shared/x509/revocation_list.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

struct ocsp_request_st;

namespace perennial::x509 {

// What an OCSP client asks (RFC 6960 4.1). A signature on it is not looked at: anybody may ask.
class OcspRequest {
public:
    static constexpr std::size_t sizeLimit = 64U << 10U;
    static constexpr int questionLimit = 100;

    static Result<OcspRequest> fromDer(std::string_view der);

    std::size_t size() const; // questions, at least one
    // By the hashes of the issuer's name and key, with whatever hash the client chose.
    bool asksAbout(std::size_t question, const Certificate& issuer) const;
    std::string serial(std::size_t question) const;
    bool hasNonce() const;
    ocsp_request_st* handle() const { return handle_.get(); }

private:
    explicit OcspRequest(std::shared_ptr<ocsp_request_st> handle) : handle_(std::move(handle)) {}

    std::shared_ptr<ocsp_request_st> handle_;
};

struct OcspStatus {
    enum class Kind { Good, Revoked, Unknown };
    Kind kind = Kind::Unknown;
    TimePoint revokedAt = {}; // of Revoked
    RevocationReason reason = RevocationReason::Unspecified;
};

struct OcspAnswerContent {
    std::vector<OcspStatus> statuses; // one for each question, in its order
    TimePoint thisUpdate;
    TimePoint nextUpdate;
};
// The authority itself, or whom it made its responder (id-kp-OCSPSigning, RFC 6960 4.2.2.2).
struct OcspSigner {
    const Certificate& certificate;
    const PrivateKey& key;
    bool delegated; // then the certificate goes along
};
// A nonce is given back (RFC 8954). producedAt is the system's time: OpenSSL takes no other.
Result<Bytes> makeOcspAnswer(
    const OcspRequest& request, const OcspAnswerContent& content, const OcspSigner& signer);

enum class OcspFailure { MalformedRequest = 1, InternalError = 2, TryLater = 3, Unauthorized = 6 };
Bytes ocspFailure(OcspFailure failure); // unsigned, as they are

} // namespace perennial::x509
