#include "agent/enroller/first_enrollment.h"

#include "agent/enroller/kept_request.h"
#include "shared/base/secret_file.h"
#include "shared/rules/first_certificate_rules.h"

namespace perennial::agent {

namespace {

using Key = std::shared_ptr<const x509::PrivateKey>;

class FirstTry {
public:
    FirstTry(const FirstEnrollmentOptions& options, FileSystem& files, TimePoint now)
        : options_(options), files_(files), now_(now)
    {
    }

    Result<FirstEnrollmentResult> run(const PluginRegistry& plugins);

private:
    Error taken(const std::string& file) const
    {
        return {ErrorKind::Conflict, file + " is there already; name a new file"};
    }
    Status findKept();
    Status checkSame() const;
    Result<std::optional<FirstEnrollmentResult>> findWritten();
    Result<std::unique_ptr<Issuer>> makeIssuer(const PluginRegistry& plugins) const;
    Result<FirstEnrollment> describe() const;
    Status prepare(Issuer& issuer, const FirstEnrollment& first);
    Result<FirstEnrollmentResult> settle(const FirstEnrollment& first, const IssueOutcome& outcome);
    Result<FirstEnrollmentResult> accept(const FirstEnrollment& first, const std::string& pem);
    Result<std::optional<rules::IssuedCertificateFinding>> judge(
        const FirstEnrollment& first, const std::vector<x509::Certificate>& chain) const;
    Status forget();

    const FirstEnrollmentOptions& options_;
    FileSystem& files_;
    TimePoint now_;
    std::optional<KeptRequest> kept_;
    Key key_;
};

// What an earlier try left, or nothing. Without its key the request was never sent.
Status FirstTry::findKept()
{
    const auto file = keptRequestFile(options_.keyFile);
    auto kept = readKeptRequest(files_, options_.keyFile);
    if (!kept) return kept.error();
    const bool haveKey = files_.inspect(options_.keyFile).ok();
    if (!*kept) return haveKey ? Status(taken(options_.keyFile)) : Status();
    if (!haveKey) return files_.remove(file);
    kept_ = std::move(*kept);
    const auto text = readSecretFile(options_.keyFile, x509::PrivateKey::sizeLimit);
    if (!text) return text.error();
    auto key = x509::PrivateKey::fromPem(*text);
    if (!key) return key.error().in(options_.keyFile);
    const auto request = x509::SigningRequest::fromDer(kept_->prepared.request);
    if (!request) return request.error().in(file);
    if (key->publicKeyDer() != request->publicKeyDer())
        return Error{ErrorKind::Conflict,
            options_.keyFile + " is not the key of the request in " + file + "; name new files"};
    key_ = std::make_shared<x509::PrivateKey>(*std::move(key));
    return checkSame();
}

Status FirstTry::checkSame() const
{
    const bool same = kept_->policyUrl == options_.policyUrl &&
                      kept_->templateName == options_.templateName &&
                      kept_->name == options_.name &&
                      (options_.keyType.empty() || key_->keyType() == options_.keyType);
    if (same) return {};
    const auto file = keptRequestFile(options_.keyFile);
    return Error{ErrorKind::Conflict,
        file + " keeps a request for template " + toPrintable(kept_->templateName, 100) +
            " and name " + toPrintable(kept_->name, 255) + " at " +
            toPrintable(kept_->policyUrl, 300) + " with a key " + key_->keyType() +
            ", which may have been issued: ask for the same, or name new files"};
}

// A crash after the certificate was written and before the rest was tidied up.
Result<std::optional<FirstEnrollmentResult>> FirstTry::findWritten()
{
    using Written = std::optional<FirstEnrollmentResult>;
    if (!files_.inspect(options_.certificateFile)) return Written();
    if (!kept_) return taken(options_.certificateFile);
    const auto text = files_.read(options_.certificateFile);
    if (!text) return text.error();
    const auto leaf = x509::Certificate::fromPem(*text);
    if (!leaf || !key_->matches(*leaf)) return taken(options_.certificateFile);
    if (auto done = files_.remove(keptRequestFile(options_.keyFile)); !done) return done.error();
    return Written(FirstEnrollmentResult{"issued", leaf->serial(), ""});
}

Result<std::unique_ptr<Issuer>> FirstTry::makeIssuer(const PluginRegistry& plugins) const
{
    model::EnrollmentService service;
    service.name = "first";
    service.policyEndpoints = {options_.policyUrl};
    const auto trust = files_.read(options_.trustFile);
    if (!trust) return trust.error();
    service.tlsTrustPem = *trust;
    auto issuer = plugins.makeIssuer(service.issuer, service);
    if (!issuer) return issuer.error();
    (*issuer)->begin({now_, "", ""});
    return issuer;
}

Result<FirstEnrollment> FirstTry::describe() const
{
    FirstEnrollment first;
    first.templateName = options_.templateName;
    first.subject = options_.name;
    first.names = {{x509::GeneralName::Type::Dns, options_.name}};
    first.keyType = options_.keyType;
    auto caller = callerAt(options_.caller);
    if (!caller) return caller.error();
    first.caller = *std::move(caller);
    return first;
}

// Request and key are on disk, in this order, before anything is sent.
Status FirstTry::prepare(Issuer& issuer, const FirstEnrollment& first)
{
    const auto makeKey = [this](const std::string& keyType) -> Result<Key> {
        auto key = x509::PrivateKey::generate(keyType);
        if (!key) return key.error();
        key_ = std::make_shared<x509::PrivateKey>(*std::move(key));
        return key_;
    };
    auto prepared = issuer.prepareEnrollment(first, makeKey);
    if (!prepared) return prepared.error();
    kept_ = KeptRequest{
        options_.policyUrl, options_.templateName, options_.name, *std::move(prepared), ""};
    if (auto done = keepRequest(files_, options_.keyFile, *kept_); !done) return done;
    const auto pem = key_->toPem();
    return files_.replace(options_.keyFile, pem.reveal(), {0600, {}, {}});
}

// The key first: what is kept without one was never sent.
Status FirstTry::forget()
{
    if (auto done = files_.remove(options_.keyFile); !done) return done;
    return files_.remove(keptRequestFile(options_.keyFile));
}

// Unset: it may be kept. An Error is of this host, and says nothing of the certificate.
Result<std::optional<rules::IssuedCertificateFinding>> FirstTry::judge(
    const FirstEnrollment& first, const std::vector<x509::Certificate>& chain) const
{
    const auto& trustFile =
        options_.issuerTrustFile.empty() ? options_.trustFile : options_.issuerTrustFile;
    const auto trust = files_.read(trustFile);
    if (!trust) return trust.error();
    const auto anchors = x509::Certificate::allFromPem(*trust);
    if (!anchors) return anchors.error().in(trustFile);
    const auto request = x509::SigningRequest::fromDer(kept_->prepared.request);
    if (!request) return request.error();
    const std::vector<x509::Certificate> others(chain.begin() + 1, chain.end());
    return rules::findReasonToRejectFirst(
        {{chain.front(), others, *anchors, request->publicKeyDer(), now_}, *request, first.names,
            kept_->prepared.namesSupplied});
}

Result<FirstEnrollmentResult> FirstTry::accept(const FirstEnrollment& first, const std::string& pem)
{
    const auto chain = x509::Certificate::allFromPem(pem);
    if (!chain) return chain.error().in("the issued chain");
    if (chain->empty()) return Error{ErrorKind::InvalidInput, "the issued chain is empty"};
    const auto finding = judge(first, *chain);
    if (!finding) return finding.error(); // the key stays: the certificate was issued
    if (*finding) {
        if (auto done = forget(); !done) return done.error();
        return Error{ErrorKind::InvalidInput,
            "the issued certificate was rejected and is not kept: " + (*finding)->rule + ": " +
                (*finding)->explanation};
    }
    if (auto done = files_.replace(options_.certificateFile, pem, {0644, {}, {}}); !done)
        return done.error();
    if (auto done = files_.remove(keptRequestFile(options_.keyFile)); !done) return done.error();
    return FirstEnrollmentResult{"issued", chain->front().serial(), ""};
}

Result<FirstEnrollmentResult> FirstTry::settle(
    const FirstEnrollment& first, const IssueOutcome& outcome)
{
    if (const auto* pending = std::get_if<Pending>(&outcome)) {
        kept_->ticket = pending->ticket;
        if (auto done = keepRequest(files_, options_.keyFile, *kept_); !done) return done.error();
        return FirstEnrollmentResult{"pending", "", keptRequestFile(options_.keyFile)};
    }
    if (const auto* denied = std::get_if<Denied>(&outcome)) {
        if (auto done = forget(); !done) return done.error();
        return Error{ErrorKind::PermissionDenied, "denied: " + denied->reason};
    }
    return accept(first, std::get<Issued>(outcome).chainPem);
}

Result<FirstEnrollmentResult> FirstTry::run(const PluginRegistry& plugins)
{
    if (auto status = findKept(); !status) return status.error();
    auto written = findWritten();
    if (!written) return written.error();
    if (*written) return **written;
    const auto issuer = makeIssuer(plugins);
    if (!issuer) return issuer.error();
    const auto first = describe();
    if (!first) return first.error();
    const bool again = kept_.has_value();
    if (!again) {
        if (auto status = prepare(**issuer, *first); !status) return status.error();
    }
    const auto outcome = kept_->ticket.empty()
                             ? (*issuer)->submitEnrollment(kept_->prepared, *first)
                             : (*issuer)->pollEnrollment(kept_->ticket, kept_->prepared, *first);
    if (outcome) return settle(*first, *outcome);
    // What was refused now says nothing of what became of it earlier.
    if (!again && (*issuer)->notes().untaken) {
        if (auto done = forget(); !done) return done.error();
        return outcome.error();
    }
    return Error{outcome.error().kind,
        outcome.error().message + "; " + keptRequestFile(options_.keyFile) +
            " keeps the request, which may have been taken: run the same command again"};
}

} // namespace

Result<FirstEnrollmentResult> enrollFirst(const FirstEnrollmentOptions& options,
    const PluginRegistry& plugins, FileSystem& files, TimePoint now)
{
    return FirstTry(options, files, now).run(plugins);
}

} // namespace perennial::agent
