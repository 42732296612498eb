#include "controller/enrollment/publication/ocsp_responder.h"

namespace perennial::enrollment::server {

namespace {

constexpr Duration clockSkew = std::chrono::minutes(10);
// The delegate's own certificate is not asked after (RFC 6960 4.2.2.2.1): it is short-lived. It is
// recorded like any other.
constexpr Duration delegateLife = std::chrono::hours(24 * 4);
constexpr Duration delegateRenewal = std::chrono::hours(24);

OcspResponder::Answer failed(x509::OcspFailure failure)
{
    return {x509::ocspFailure(failure), false};
}

} // namespace

OcspResponder::Answer OcspResponder::answer(std::string_view request, TimePoint now)
{
    const auto read = x509::OcspRequest::fromDer(request);
    if (!read) return failed(x509::OcspFailure::MalformedRequest);
    std::vector<x509::OcspStatus> statuses;
    bool ours = false;
    for (std::size_t i = 0; i < read->size(); ++i) {
        statuses.emplace_back();
        if (!read->asksAbout(i, authority_.certificate())) continue;
        ours = true;
        const auto status = statusOf(read->serial(i));
        if (!status) {
            log_.error("OCSP: " + status.error().message);
            return failed(x509::OcspFailure::TryLater);
        }
        statuses.back() = *status;
    }
    // RFC 5019 2.2.3: nothing here is for this responder to say.
    if (!ours) return failed(x509::OcspFailure::Unauthorized);
    auto signedAnswer = sign(*read, std::move(statuses), now);
    if (signedAnswer) return {*std::move(signedAnswer), !read->hasNonce()};
    log_.error("OCSP: " + signedAnswer.error().message);
    return failed(x509::OcspFailure::InternalError);
}

Result<x509::OcspStatus> OcspResponder::statusOf(const std::string& serial)
{
    using Kind = x509::OcspStatus::Kind;
    const auto revoked = revocations_.find(serial);
    if (!revoked) return revoked.error();
    if (*revoked && (*revoked)->isRevoked())
        return x509::OcspStatus{Kind::Revoked, (*revoked)->revokedAt, (*revoked)->reason};
    const auto known = certificates_.findCertificate(serial);
    if (!known) return known.error();
    return x509::OcspStatus{*known ? Kind::Good : Kind::Unknown};
}

Result<std::shared_ptr<const OcspResponder::Delegate>> OcspResponder::delegate(TimePoint now)
{
    const std::lock_guard lock(mutex_);
    if (delegate_ && now >= delegate_->certificate.notBefore() &&
        now + delegateRenewal < delegate_->certificate.notAfter())
        return delegate_;
    auto key = x509::PrivateKey::generate("ec-p256");
    if (!key) return key.error();
    const auto subject = x509::subjectDerFromText(authority_.certificate().commonName() + " OCSP");
    if (!subject) return subject.error();
    const auto usage = x509::keyUsageExtension({"digitalSignature"});
    if (!usage) return usage.error();
    const auto purpose = x509::extendedKeyUsageExtension({std::string(x509::oid::ocspSigning)});
    if (!purpose) return purpose.error();
    const x509::Extension noCheck{std::string(x509::oid::ocspNoCheck), false, Bytes("\x05\x00", 2)};
    auto certificate = authority_.issue({*subject, key->publicKeyDer(), now - clockSkew,
        now + delegateLife, {*usage, *purpose, noCheck}});
    if (!certificate) return certificate.error();
    if (auto recorded = certificates_.addOwn(*certificate, "ocsp", now); !recorded)
        return recorded.error();
    delegate_ =
        std::make_shared<const Delegate>(Delegate{*std::move(certificate), *std::move(key)});
    return delegate_;
}

Result<Bytes> OcspResponder::sign(
    const x509::OcspRequest& request, std::vector<x509::OcspStatus> statuses, TimePoint now)
{
    const x509::OcspAnswerContent content{std::move(statuses), now - clockSkew, now + life};
    if (!delegated_)
        return x509::makeOcspAnswer(
            request, content, {authority_.certificate(), authority_.responseKey(), false});
    const auto signer = delegate(now);
    if (!signer) return signer.error();
    return x509::makeOcspAnswer(request, content, {(*signer)->certificate, (*signer)->key, true});
}

} // namespace perennial::enrollment::server
