#include "controller/enrollment/commands/commands.h"

#include "controller/enrollment/authentication/certificate_mappings.h"
#include "controller/enrollment/authentication/users.h"
#include "controller/enrollment/issuing/open_authority.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "controller/enrollment/templates/template_reader.h"
#include "shared/base/file_system.h"

namespace perennial::enrollment::server {

namespace {

constexpr Duration tlsLife = std::chrono::hours(24 * 365);
constexpr Duration clockSkew = std::chrono::minutes(10);

x509::GeneralName nameOf(const std::string& text)
{
    const bool address = text.find(':') != std::string::npos ||
                         text.find_first_not_of("0123456789.") == std::string::npos;
    return {address ? x509::GeneralName::Type::Ip : x509::GeneralName::Type::Dns, text};
}

// The service's own TLS certificate, of its own authority.
Result<x509::Certificate> makeTlsCertificate(
    const EnrollmentConfig& config, EmbeddedAuthority& authority, TimePoint now)
{
    auto names = config.listen.names;
    names.insert(names.end(), config.adminApi.names.begin(), config.adminApi.names.end());
    std::set<std::string> seen;
    std::vector<x509::GeneralName> general;
    for (const auto& name : names) {
        if (seen.insert(name).second) general.push_back(nameOf(name));
    }
    auto key = x509::PrivateKey::generate("ec-p256");
    if (!key) return key.error();
    const auto subject = x509::subjectDerFromText(config.listen.names.front());
    if (!subject) return subject.error();
    const auto alternative = x509::alternativeNameExtension(general);
    if (!alternative) return alternative.error();
    const auto usage =
        x509::extendedKeyUsageExtension({std::string(x509::oid::serverAuthentication)});
    if (!usage) return usage.error();
    const auto certificate = authority.issue(
        {*subject, key->publicKeyDer(), now - clockSkew, now + tlsLife, {*alternative, *usage}});
    if (!certificate) return certificate.error();
    PosixFileSystem files;
    const auto secret = key->toPem();
    if (auto done = files.replace(config.tlsKeyFile(), secret.reveal(), {0600, {}, {}}); !done)
        return done.error();
    if (auto done = files.replace(config.tlsFile(),
            certificate->toPem() + authority.certificate().toPem(), {0644, {}, {}});
        !done)
        return done.error();
    return certificate;
}

} // namespace

Status initialise(const EnrollmentConfig& config, const Clock& clock)
{
    if (auto templates = readTemplates(config.templates); !templates) return templates.error();
    PosixFileSystem files;
    // Others may look for root.pem in it; the keys have their own modes.
    if (auto made = files.makeFolder(config.state, 0711); !made) return made;
    if (config.relay) {
        auto store = EnrollmentStore::open(config.databaseFile());
        if (!store) return store.error();
        Json details;
        details["relay"] = config.relay->url;
        return (*store)->addEvent("audit.started", clock.now(), details);
    }
    if (auto made = makeAuthority(config, clock.now()); !made) return made;
    auto authority = openAuthority(config);
    if (!authority) return authority.error();
    const auto certificate = makeTlsCertificate(config, *authority, clock.now());
    if (!certificate) return certificate.error();
    auto store = EnrollmentStore::open(config.databaseFile());
    if (!store) return store.error();
    if (auto recorded = (*store)->addOwn(*certificate, "init", clock.now()); !recorded)
        return recorded;
    Json details;
    details["authority"] = authority->certificate().subject();
    details["serial"] = authority->certificate().serial();
    return (*store)->addEvent("audit.started", clock.now(), details);
}

Status renewRootList(const EnrollmentConfig& config, const Clock& clock)
{
    if (auto opened = openAuthority(config); !opened) return opened.error();
    return EmbeddedAuthority::writeRootList(
        authorityFiles(config), config.rootListFile(), clock.now());
}

Status checkConfig(const EnrollmentConfig& config)
{
    if (auto templates = readTemplates(config.templates); !templates) return templates.error();
    if (auto users = Users::read(config.users); !users) return users.error();
    if (!config.certificateMappings.empty()) {
        if (auto read = readCertificateMappings(config.certificateMappings); !read)
            return read.error();
    }
    return {};
}

} // namespace perennial::enrollment::server
