#include "controller/enrollment/publication/publication_service.h"

namespace perennial::enrollment::server {

namespace {

constexpr std::chrono::milliseconds lookInterval{2000};

http::ServerLimits limits()
{
    http::ServerLimits limits;
    limits.body = x509::OcspRequest::sizeLimit;
    limits.connections = 256;
    limits.threads = 4;
    limits.keepAliveSeconds = 10;
    limits.requestSeconds = 10;
    return limits;
}

} // namespace

PublicationService::PublicationService(const EnrollmentConfig& config, const Parts& parts)
    : parts_(parts), revocations_(parts.store),
      publisher_(parts.authority, revocations_, parts.files, config.publication,
          config.listFolder(), parts.log),
      desk_(parts.store, revocations_, publisher_, parts.log),
      ocsp_(parts.authority, parts.store, revocations_, config.publication.delegatedResponder,
          parts.log),
      endpoints_({parts.authority, publisher_, config.publication.ocsp ? &ocsp_ : nullptr,
          config.rootListFile(), parts.files, parts.clock})
{
}

Result<std::unique_ptr<PublicationService>> PublicationService::start(
    const EnrollmentConfig& config, const Parts& parts)
{
    std::unique_ptr<PublicationService> service(new PublicationService(config, parts));
    if (auto opened = service->publisher_.open(parts.clock.now()); !opened)
        return opened.error().in("CRLs");
    service->look(); // so that there is a CRL before anybody asks
    if (!config.publication.host.empty()) {
        auto server = http::Server::startWithoutTls(
            {config.publication.host, config.publication.port}, limits(),
            [&endpoints = service->endpoints_](
                const http::Call& call) { return endpoints.answer(call); },
            parts.log);
        if (!server) return server.error().in("publication");
        service->server_ = *std::move(server);
    }
    service->timer_.emplace(lookInterval, [raw = service.get()] { raw->look(); });
    return service;
}

void PublicationService::look()
{
    const auto done = publisher_.publishDue(parts_.clock.now());
    const auto failure = done ? std::string() : done.error().message;
    if (!failure.empty() && failure != lastFailure_) // said once, tried again each time
        parts_.log.error("no CRL could be published, the old one stays: " + failure);
    lastFailure_ = failure;
}

} // namespace perennial::enrollment::server
