#include "controller/enrollment/commands/commands.h"

#include "controller/enrollment/api/admin_api.h"
#include "controller/enrollment/api/soap_endpoints.h"
#include "controller/enrollment/commands/template_watch.h"
#include "controller/enrollment/issuing/issuing_side.h"
#include "controller/enrollment/web/web_enrollment.h"
#include "shared/base/signals.h"

namespace perennial::enrollment::server {

namespace {

Result<std::optional<gss::Acceptor>> openAcceptor(const EnrollmentConfig& config)
{
    if (!config.kerberos) return std::optional<gss::Acceptor>();
    auto opened = gss::Acceptor::open({config.kerberos->keytabFile, config.replayFile()});
    if (!opened) return opened.error().in("kerberos");
    return std::optional<gss::Acceptor>(*std::move(opened));
}

Result<std::unique_ptr<Directory>> openDirectory(const EnrollmentConfig& config, const Log& log)
{
    if (!config.directory) return std::unique_ptr<Directory>();
    return Directory::open(*config.directory, log);
}

Result<CertificateMappings> mappingsOf(const EnrollmentConfig& config)
{
    if (config.certificateMappings.empty()) return CertificateMappings();
    return readCertificateMappings(config.certificateMappings);
}

// A relay has no CRLs: they are published where the authority is.
std::function<CrlPublisher::Lists()> listsOf(IssuingSide& issuing)
{
    if (issuing.publication() == nullptr) return [] { return CrlPublisher::Lists(); };
    return [&desk = issuing.publication()->desk()] { return desk.lists(); };
}

} // namespace

Status serve(const EnrollmentConfig& config, const Clock& clock)
{
    const Log log("perennial-enrollment");
    auto folder = readTemplateFolder(config.templates);
    if (!folder) return folder.error();
    HeldTemplates templates(*std::move(folder), clock.now());
    const auto users = Users::read(config.users);
    if (!users) return users.error();
    const auto mappings = mappingsOf(config);
    if (!mappings) return mappings.error();
    auto store = EnrollmentStore::open(config.databaseFile());
    if (!store) return store.error();
    auto identity = tls::loadIdentity(config.tlsFile(), config.tlsKeyFile());
    if (!identity) return identity.error();

    const auto acceptor = openAcceptor(config);
    if (!acceptor) return acceptor.error();
    const auto directory = openDirectory(config, log);
    if (!directory) return directory.error();
    Authenticator authenticator(
        {*users, **store, *mappings, config.kerberos ? &*config.kerberos : nullptr,
            *acceptor ? &**acceptor : nullptr, directory->get(), log, config.relay.has_value()});
    PosixFileSystem files;
    auto opened = IssuingSide::open(config, {templates, **store, files, clock, log});
    if (!opened) return opened.error();
    IssuingSide& issuing = **opened;
    if (auto told = tellLoaded(templates, **store, clock.now(), log); !told) return told;
    SoapEndpoints endpoints(
        config, templates, issuing.certificate(), authenticator, issuing.requests(), clock, log);
    AdminApi admin(**store, issuing.decisions(), issuing.revocation(), templates, clock, log);
    std::optional<WebEnrollment> web;
    if (config.webEnrollment)
        web.emplace(WebEnrollment::Parts{*config.webEnrollment, templates, issuing.chain(),
            authenticator, issuing.requests(), **store, listsOf(issuing), config.urlOf("/certsrv/"),
            clock, log});

    using ClientCertificate = tls::ServerSettings::ClientCertificate;
    auto soapServer = http::Server::start(
        {config.listen.host, config.listen.port},
        {*identity, ClientCertificate::Optional, issuing.chain()}, {},
        [&](const http::Call& call) {
            return web && isWebEnrollmentPath(call.path) ? web->answer(call)
                                                         : endpoints.answer(call);
        },
        log);
    if (!soapServer) return soapServer.error();
    auto adminServer = http::Server::start(
        {config.adminApi.host, config.adminApi.port}, {*identity, ClientCertificate::No, {}}, {},
        [&](const http::Call& call) { return admin.answer(call); }, log);
    if (!adminServer) return adminServer.error();

    log.info("serving CEP and CES on " + config.listen.host + ":" +
             std::to_string((*soapServer)->port()) + ", the admin API on " + config.adminApi.host +
             ":" + std::to_string((*adminServer)->port()));
    while (waitForSignal() != Signal::Stop) {
        const auto told = reloadTemplates(templates, config.templates, **store, clock.now(), log);
        if (!told) log.error("events: " + told.error().message);
    }
    log.info("stopping");
    return {};
}

} // namespace perennial::enrollment::server
