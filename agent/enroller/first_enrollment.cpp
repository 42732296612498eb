#include "agent/enroller/first_enrollment.h"

#include "shared/base/file_system.h"
#include "shared/base/secret_file.h"

namespace perennial::agent {

namespace {

Result<FirstCaller> callerOf(const FirstEnrollmentOptions& options)
{
    if (options.userName.empty())
        return FirstCaller(KerberosCaller{options.principal, options.keytabFile});
    auto password = readCredential(options.password, options.credentialsFolder);
    if (!password) return password.error();
    return FirstCaller(PasswordCaller{options.userName, *std::move(password)});
}

// The key of an earlier, pending try; otherwise a new one, on disk before it is used.
Result<x509::PrivateKey> keyFor(
    FileSystem& files, const FirstEnrollmentOptions& options, bool pending)
{
    if (pending) {
        const auto text = readSecretFile(options.keyFile, x509::PrivateKey::sizeLimit);
        if (!text) return text.error();
        return x509::PrivateKey::fromPem(*text);
    }
    if (files.inspect(options.keyFile))
        return Error{ErrorKind::Conflict, options.keyFile + " is there already; name a new file"};
    auto key = x509::PrivateKey::generate(options.keyType);
    if (!key) return key.error();
    const auto pem = key->toPem();
    if (auto written = files.replace(options.keyFile, pem.reveal(), {0600, {}, {}}); !written)
        return written.error();
    return key;
}

Result<FirstEnrollmentResult> settle(FileSystem& files, const FirstEnrollmentOptions& options,
    const std::string& ticketFile, const IssueOutcome& outcome)
{
    if (const auto* pending = std::get_if<Pending>(&outcome)) {
        if (auto done = files.replace(ticketFile, pending->ticket, {0600, {}, {}}); !done)
            return done.error();
        return FirstEnrollmentResult{"pending", "", ticketFile};
    }
    if (const auto* denied = std::get_if<Denied>(&outcome)) {
        if (auto done = files.remove(ticketFile); !done) return done.error();
        return Error{ErrorKind::PermissionDenied, "denied: " + denied->reason};
    }
    const auto& chain = std::get<Issued>(outcome).chainPem;
    const auto leaf = x509::Certificate::fromPem(chain);
    if (!leaf) return leaf.error();
    if (auto done = files.replace(options.certificateFile, chain, {0644, {}, {}}); !done)
        return done.error();
    if (auto done = files.remove(ticketFile); !done) return done.error();
    return FirstEnrollmentResult{"issued", leaf->serial(), ""};
}

} // namespace

Result<FirstEnrollmentResult> enrollFirst(
    const FirstEnrollmentOptions& options, const PluginRegistry& plugins, TimePoint now)
{
    PosixFileSystem files;
    if (files.inspect(options.certificateFile))
        return Error{
            ErrorKind::Conflict, options.certificateFile + " is there already; name a new file"};
    const auto ticketFile = options.certificateFile + ".pending";
    const auto ticket = files.read(ticketFile, 4096);

    model::EnrollmentService service;
    service.name = "first";
    service.policyEndpoints = {options.policyUrl};
    const auto trust = files.read(options.trustFile);
    if (!trust) return trust.error();
    service.tlsTrustPem = *trust;
    service.issuerTrustPem = *trust;
    const auto issuer = plugins.makeIssuer(service.issuer, service);
    if (!issuer) return issuer.error();
    (*issuer)->begin({now, "", ""});

    auto caller = callerOf(options);
    if (!caller) return caller.error();
    auto key = keyFor(files, options, ticket.ok());
    if (!key) return key.error();
    FirstEnrollment first;
    first.templateName = options.templateName;
    first.subject = options.name;
    first.names = {{x509::GeneralName::Type::Dns, options.name}};
    first.key = std::make_shared<x509::PrivateKey>(*std::move(key));
    first.caller = *std::move(caller);

    const auto outcome =
        ticket ? (*issuer)->pollEnrollment(*ticket, first) : (*issuer)->enroll(first);
    if (!outcome) {
        // A key that no request was answered for is of no use to anybody.
        if (!ticket) (void)files.remove(options.keyFile);
        return outcome.error();
    }
    return settle(files, options, ticketFile, *outcome);
}

} // namespace perennial::agent
