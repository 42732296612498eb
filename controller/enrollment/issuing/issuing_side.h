#pragma once

#include "controller/enrollment/api/revocation_api.h"
#include "controller/enrollment/ces/certificate_service.h"
#include "controller/enrollment/ces/refusal_limits.h"
#include "controller/enrollment/publication/publication_service.h"
#include "controller/enrollment/relay/fetched_lists.h"
#include "controller/enrollment/relay/relay_service.h"

#include <memory>
#include <optional>

namespace perennial::enrollment::server {

// What stands behind the endpoints of one process: the embedded authority, its rules and its CRLs;
// or a relay to another CES, and the certificates of the authority there.
class IssuingSide {
public:
    struct Parts {
        const HeldTemplates& templates;
        EnrollmentStore& store;
        FileSystem& files;
        const Clock& clock;
        const Log& log;
    };
    static Result<std::unique_ptr<IssuingSide>> open(
        const EnrollmentConfig& config, const Parts& parts);

    RequestService& requests() { return *limits_; }
    const x509::Certificate& certificate() const { return chain_.front(); } // issuing authority
    const std::vector<x509::Certificate>& chain() const { return chain_; }  // up to the root
    // Null with a relay: decided, revoked and published on the other machine.
    CertificateService* decisions() { return service_ ? &*service_ : nullptr; }
    IssuingAuthority* authority() { return authority_ ? &*authority_ : nullptr; }
    RevocationDesk* revocationDesk() { return publication_ ? &publication_->desk() : nullptr; }
    RevocationApi* revocation() { return revocation_ ? &*revocation_ : nullptr; }
    // The newest CRLs of the authority: published here, or fetched.
    CrlPublisher::Lists revocationLists() const;
    const FetchedLists* fetchedLists() const { return fetched_.get(); } // null without a relay

private:
    IssuingSide() = default;
    Status openEmbedded(const EnrollmentConfig& config, const Parts& parts);
    Status openRelay(const EnrollmentConfig& config, const Parts& parts);

    std::vector<x509::Certificate> chain_;
    std::optional<EmbeddedAuthority> authority_;
    std::optional<CertificateService> service_;
    std::unique_ptr<PublicationService> publication_;
    std::optional<RevocationApi> revocation_;
    std::unique_ptr<FetchedLists> fetched_;
    std::unique_ptr<CesUpstream> upstream_;
    std::optional<RelayService> relay_;
    std::optional<RefusalLimits> limits_; // before either service
};

} // namespace perennial::enrollment::server
