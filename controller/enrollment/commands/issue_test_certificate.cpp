#include "controller/enrollment/commands/commands.h"

#include "controller/enrollment/ces/test_certificate.h"
#include "controller/enrollment/issuing/open_authority.h"
#include "controller/enrollment/templates/template_reader.h"
#include "shared/base/file_system.h"

namespace perennial::enrollment::server {

Status issueTestCertificate(
    const EnrollmentConfig& config, const TestCertificate& wanted, const Clock& clock)
{
    const auto templates = readTemplates(config.templates);
    if (!templates) return templates.error();
    const auto chosen = templates->find(wanted.templateName);
    if (chosen == templates->end())
        return Error{ErrorKind::NotFound, "there is no template " + wanted.templateName};
    PosixFileSystem files;
    for (const auto& file : {wanted.certificateFile, wanted.keyFile}) {
        if (files.inspect(file)) return Error{ErrorKind::Conflict, file + " is there already"};
    }
    auto authority = openAuthority(config);
    if (!authority) return authority.error();
    auto store = EnrollmentStore::open(config.databaseFile());
    if (!store) return store.error();

    const auto keyType = chosen->second.keyAlgorithms.front() == "rsa"
                             ? "rsa-" + std::to_string(chosen->second.minimumRsaBits)
                             : chosen->second.keyAlgorithms.front();
    auto key = x509::PrivateKey::generate(keyType);
    if (!key) return key.error();
    const auto subject = x509::subjectDerFromText(wanted.name);
    if (!subject) return subject.error();
    const auto names =
        x509::alternativeNameExtension({{x509::GeneralName::Type::Dns, wanted.name}});
    if (!names) return names.error();
    const auto request = x509::makeSigningRequest({*subject, {*names}, {}}, *key);
    if (!request) return request.error();
    const auto from = clock.now() + wanted.validFrom;
    const auto issued =
        issueTestCertificate({chosen->second, *request, "issue-test", "local", from,
                                 from + wanted.validFor, clock.now(), wanted.renewable},
            *authority, **store);
    if (!issued) return issued.error();
    const auto secret = key->toPem();
    if (auto done = files.replace(wanted.keyFile, secret.reveal(), {0600, {}, {}}); !done)
        return done;
    return files.replace(wanted.certificateFile,
        issued->certificate.toPem() + authority->certificate().toPem(), {0644, {}, {}});
}

} // namespace perennial::enrollment::server
