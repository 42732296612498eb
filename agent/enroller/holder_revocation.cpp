#include "agent/enroller/holder_revocation.h"

#include "agent/enroller/key_loan.h"
#include "shared/base/encoding.h"
#include "shared/http/client/http_client.h"

namespace perennial::agent {

namespace {

constexpr http::ClientLimits limits{Duration(10), Duration(60), 64U << 10U};
constexpr std::size_t saidLimit = 300;

} // namespace

EnrollerOutcome revokeReplaced(const EnrollerTask& task)
{
    if (task.service.revocationUrl.empty())
        return Error{ErrorKind::InvalidInput, "the service has no revocation_url"};
    auto anchors = x509::Certificate::allFromPem(task.service.tlsTrustPem);
    if (!anchors) return anchors.error();
    auto material = borrowKeys(task);
    if (!material) return material.error();
    tls::ClientSettings settings;
    settings.trust.anchors = *std::move(anchors);
    settings.identity = tls::Identity{material->oldChain, material->oldKey};
    http::Client client(std::move(settings), limits);
    const auto answer = client.send({"POST", task.service.revocationUrl, {}, ""});
    if (!answer) return answer.error();
    if (answer->status == 200) return Revoked{};
    return Error{answer->status >= 500 ? ErrorKind::Unavailable : ErrorKind::PermissionDenied,
        task.service.revocationUrl + " answered with status " + std::to_string(answer->status) +
            ": " + toPrintable(answer->body, saidLimit)};
}

} // namespace perennial::agent
