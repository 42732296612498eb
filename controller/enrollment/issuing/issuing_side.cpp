#include "controller/enrollment/issuing/issuing_side.h"

#include "controller/enrollment/issuing/open_authority.h"

namespace perennial::enrollment::server {

Result<std::unique_ptr<IssuingSide>> IssuingSide::open(
    const EnrollmentConfig& config, const Parts& parts)
{
    std::unique_ptr<IssuingSide> side(new IssuingSide());
    const auto opened =
        config.relay ? side->openRelay(config, parts) : side->openEmbedded(config, parts);
    if (!opened) return opened.error();
    RequestService& service =
        side->relay_ ? static_cast<RequestService&>(*side->relay_) : *side->service_;
    side->limits_.emplace(service, parts.store, parts.log);
    return side;
}

Status IssuingSide::openEmbedded(const EnrollmentConfig& config, const Parts& parts)
{
    auto authority = openAuthority(config);
    if (!authority) return authority.error();
    authority_.emplace(*std::move(authority));
    chain_ = authority_->above();
    chain_.insert(chain_.begin(), authority_->certificate());
    service_.emplace(parts.templates, *authority_, parts.store, parts.log);
    auto publication = PublicationService::start(
        config, {*authority_, parts.store, parts.files, parts.clock, parts.log});
    if (!publication) return publication.error();
    publication_ = *std::move(publication);
    revocation_.emplace(publication_->desk(), parts.clock);
    return {};
}

Status IssuingSide::openRelay(const EnrollmentConfig& config, const Parts& parts)
{
    const auto& settings = *config.relay;
    const auto pem = parts.files.read(settings.authorityFile, FileSystem::defaultLimit);
    if (!pem) return pem.error();
    auto chain = x509::Certificate::allFromPem(*pem);
    if (!chain) return chain.error().in(settings.authorityFile);
    if (chain->empty() || !chain->front().isAuthority() || !chain->back().isSelfIssued())
        return Error{ErrorKind::InvalidInput,
            settings.authorityFile + " must hold the issuing authority's certificate, then those "
                                     "above it, the root last"};
    chain_ = *std::move(chain);
    auto anchors = readTrust(settings);
    if (!anchors) return anchors.error().in("relay");
    fetched_ = std::make_unique<FetchedLists>(settings, chain_.front(), config.listFolder(),
        FetchedLists::overHttp(settings, *std::move(anchors)),
        FetchedLists::Parts{parts.store, parts.files, parts.clock, parts.log});
    if (auto opened = fetched_->open(); !opened) return opened.error().in("revocation_lists");
    fetched_->start();
    auto upstream = CesUpstream::open(settings);
    if (!upstream) return upstream.error().in("relay");
    upstream_ = *std::move(upstream);
    relay_.emplace(parts.templates, *upstream_, parts.store, parts.log);
    return {};
}

CrlPublisher::Lists IssuingSide::revocationLists() const
{
    if (fetched_) return fetched_->lists();
    return publication_->desk().lists();
}

} // namespace perennial::enrollment::server
