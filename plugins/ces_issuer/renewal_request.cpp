#include "plugins/ces_issuer/renewal_request.h"

#include "shared/enrollment/request/certificate_request.h"

namespace perennial::plugins {

namespace request = enrollment::request;

namespace {

constexpr const char* authentication = "client-certificate";

} // namespace

Result<PreparedRequest> prepareRenewalRequest(
    const RenewalMaterial& material, const std::string& format)
{
    if (!material.oldCertificate.allowsExtendedKeyUsage(x509::oid::clientAuthentication))
        return Error{ErrorKind::InvalidInput,
            "the certificate to renew is not good for client authentication, so it cannot "
            "authenticate a "
            "renewal by key: enrol anew from a template with client authentication"};
    auto made = format == "cmc" ? request::makeCmcRenewal(
                                      material.oldCertificate, *material.oldKey, *material.newKey)
                                : request::makeRenewalRequest(
                                      material.oldCertificate, *material.oldKey, *material.newKey);
    if (!made) return made.error();
    if (format != "pkcs10")
        return PreparedRequest{
            *std::move(made), format == "cmc" ? "cmc-renewal" : "cms-renewal", authentication};
    // What stands inside: the peer takes the TLS certificate for the old key's signature.
    const auto read = request::readRequest(*made);
    const auto* renewal = std::get_if<request::RenewalRequest>(&read);
    if (renewal == nullptr)
        return Error{ErrorKind::Internal, "the renewal request cannot be read back"};
    return PreparedRequest{renewal->request.toDer(), "pkcs10", authentication};
}

} // namespace perennial::plugins
