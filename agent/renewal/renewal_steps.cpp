// What a renewal does in each stage, and the stage it leads to.

#include "agent/renewal/renewal_runner.h"
#include "shared/rules/first_certificate_rules.h"
#include "shared/rules/issued_certificate_rules.h"
#include "shared/rules/template_change_rules.h"
#include "shared/x509/digest.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr int actPatience = 3;
constexpr Duration acceptanceLook = std::chrono::minutes(10);
constexpr const char* wasDownRemark = "the service was down before";

bool isWaiting(const RenewalStage& stage) { return std::holds_alternative<AwaitingIssuer>(stage); }

std::string fingerprintOf(const std::string& chainPem)
{
    const auto leaf = x509::Certificate::fromPem(chainPem);
    return leaf ? leaf->fingerprint() : std::string();
}

// Those that answered when the renewal began: a service that was down is not blamed on it.
std::vector<model::Listener> answeringBefore(const std::vector<model::Listener>& listeners)
{
    std::vector<model::Listener> answering;
    for (const auto& listener : listeners) {
        if (!listener.served.empty()) answering.push_back(listener);
    }
    return answering;
}

// What is wrong with how the action went; empty: nothing.
std::string problemOf(const Result<ActionResult>& acted, const std::string& action)
{
    if (!acted) return "the action could not be run: " + acted.error().message;
    if (acted->status == 0) return "";
    return action + " ended with " + std::to_string(acted->status) + ": " + acted->output;
}

std::string joinedRemarks(std::initializer_list<std::string> remarks)
{
    std::string all;
    for (const auto& remark : remarks) {
        if (!remark.empty()) all += (all.empty() ? "" : "; ") + remark;
    }
    return all;
}

void addTemplateVersions(const std::optional<rules::TemplateChange>& change, Json::Object& details)
{
    if (!change) return;
    details["template_version"] = change->newVersion;
    details["old_template_version"] = change->oldVersion;
}

std::string waitingReason(
    const Renewal& renewal, const rules::TemplateChange& change, TimePoint until)
{
    return "the CA's template has version " + change.newVersion + ", the old certificate has " +
           change.oldVersion + ", and policy " + renewal.policy.name +
           " says on_template_change: pause; look at the template, then `perennial-agent resume " +
           renewal.order.slot.text() + "`, or say tell in the policy; it goes on by itself at " +
           toRfc3339(until);
}

} // namespace

Result<RenewalStage> RenewalRunner::after(const Accepted&, Renewal& renewal)
{
    if (auto possible = services_.installer.preflight(renewal); !possible) {
        const auto& error = possible.error();
        const bool mayMend = isRetryable(error.kind) || error.kind == ErrorKind::Internal;
        if (!mayMend || isTold(renewal.failures + 1))
            renewal.events.push_back(renewalEvent(renewal, "renewal.preflight_failed",
                services_.clock.preciseNow(), model::Outcome::Failure, error.message));
        if (mayMend) return error;
        return abandon(error.message, renewal);
    }
    const auto old = x509::Certificate::fromPem(renewal.oldChainPem);
    if (!old && !renewal.isFirst()) return abandon("the old certificate cannot be read", renewal);
    const auto keyType = renewal.enrollment                 ? renewal.enrollment->keyType
                         : renewal.policy.keyType == "same" ? old->keyType()
                                                            : renewal.policy.keyType;
    const auto key = services_.installer.makeKey(renewal, keyType);
    if (!key) {
        if (key.error().kind == ErrorKind::PermissionDenied ||
            key.error().kind == ErrorKind::InvalidInput)
            return abandon(key.error().message, renewal);
        return key.error();
    }
    auto request = services_.enroller.prepare(renewal);
    if (!request) {
        const auto kind = request.error().kind;
        // Asking again and again with a password that is refused would lock its account.
        const bool refused = renewal.enrollment && kind == ErrorKind::PermissionDenied;
        if (kind == ErrorKind::InvalidInput || refused)
            return abandon(request.error().message, renewal);
        return request.error();
    }
    const auto now = services_.clock.preciseNow();
    auto generated = renewalEvent(renewal, "key.generated", now);
    generated.details = {{"key_type", keyType}, {"public_key_sha256", x509::sha256Hex(*key)}};
    renewal.events.push_back(std::move(generated));
    auto submitting = renewalEvent(renewal, "request.submitting", now, model::Outcome::Unknown);
    submitting.details = {{"request_format", request->format},
        {"authentication", request->authentication}, {"service", renewal.service.name}};
    if (renewal.enrollment) submitting.details["credential"] = renewal.enrollment->credential;
    renewal.events.push_back(std::move(submitting));
    return RenewalStage(KeyReady{*key, *std::move(request)});
}

Result<RenewalStage> RenewalRunner::after(const KeyReady& stage, Renewal& renewal)
{
    return afterAnswer(services_.enroller.submit(renewal, stage.request),
        {stage.publicKey, stage.request}, renewal);
}

Result<RenewalStage> RenewalRunner::after(const AwaitingIssuer& stage, Renewal& renewal)
{
    return afterAnswer(
        services_.enroller.poll(renewal, stage.ticket), {stage.publicKey, stage.request}, renewal);
}

Result<RenewalStage> RenewalRunner::afterAnswer(
    const Result<IssueOutcome>& answer, const Asked& asked, Renewal& renewal)
{
    if (!answer) return answer.error();
    const auto now = services_.clock.preciseNow();
    if (std::holds_alternative<KeyReady>(renewal.stage))
        renewal.events.push_back(renewalEvent(renewal, "request.submitted", now));
    if (const auto* issued = std::get_if<Issued>(&*answer))
        return accept(issued->chainPem, asked, renewal);
    if (const auto* pending = std::get_if<Pending>(&*answer)) {
        if (!isWaiting(renewal.stage))
            renewal.events.push_back(
                renewalEvent(renewal, "request.pending", now, model::Outcome::Unknown));
        const auto waited = std::chrono::floor<Duration>(now - renewal.acceptedAt);
        renewal.nextTry =
            services_.clock.now() + pollDelay(pending->pollAfter, waited, timeLeft(renewal));
        return RenewalStage(AwaitingIssuer{asked.publicKey, pending->ticket,
            renewal.enrollment ? asked.request : PreparedRequest{}});
    }
    const auto& reason = std::get<Denied>(*answer).reason;
    auto event = renewalEvent(renewal, "request.denied", now, model::Outcome::Denied, reason);
    if (const auto cause = services_.enroller.lastCause())
        event.details["cause"] = std::string(nameOf(*cause));
    renewal.events.push_back(std::move(event));
    return abandon("the CA denied the request: " + reason, renewal);
}

// A renewal is held to the old certificate, an enrolment to what was asked for.
std::optional<rules::IssuedCertificateFinding> RenewalRunner::judge(
    const Renewal& renewal, const Asked& asked, const Came& came)
{
    const auto& leaf = came.chain.front();
    const std::vector<x509::Certificate> others(came.chain.begin() + 1, came.chain.end());
    const rules::IssuedCertificate issued{leaf, others, came.anchors, asked.publicKey, came.now};
    if (!renewal.enrollment) {
        const auto old = x509::Certificate::fromPem(renewal.oldChainPem);
        if (!old)
            return rules::IssuedCertificateFinding{
                "another-key", "the old certificate cannot be read"};
        return rules::findReasonToReject({issued, *old, renewal.policy});
    }
    const auto request = x509::SigningRequest::fromDer(asked.request.request);
    if (!request)
        return rules::IssuedCertificateFinding{"another-key", "its request cannot be read"};
    std::vector<x509::GeneralName> names;
    for (const auto& name : renewal.enrollment->names)
        names.push_back({x509::GeneralName::Type::Dns, name});
    return rules::findReasonToRejectFirst(
        {issued, *request, names, asked.request.namesSupplied, renewal.policy.extendedKeyUsages});
}

// What came back is judged before anything on the host changes.
Result<RenewalStage> RenewalRunner::accept(
    const std::string& chainPem, const Asked& asked, Renewal& renewal)
{
    const auto chain = x509::Certificate::allFromPem(chainPem);
    if (!chain)
        return abandon("the issued chain cannot be read: " + chain.error().message, renewal);
    if (chain->empty()) return abandon("the issued chain is empty", renewal);
    const auto anchors = x509::Certificate::allFromPem(renewal.service.issuerTrustPem);
    if (!anchors) return abandon("issuer_trust cannot be read", renewal);
    const auto finding = judge(renewal, asked, {*chain, *anchors, services_.clock.now()});
    const auto now = services_.clock.preciseNow();
    if (finding) {
        auto event = renewalEvent(renewal, "certificate.rejected_by_agent", now,
            model::Outcome::Failure, finding->rule + ": " + finding->explanation);
        event.certificate = describeCertificate(chainPem);
        renewal.events.push_back(event);
        if (const auto misuse = rules::misuseBehind(finding->rule); !misuse.empty()) {
            event = renewalEvent(
                renewal, "esc.flag", now, model::Outcome::Failure, finding->explanation);
            event.certificate = describeCertificate(chainPem);
            event.details = {{"flag", misuse}};
            renewal.events.push_back(std::move(event));
        }
        return abandon("the issued certificate was rejected: " + finding->explanation, renewal);
    }
    auto issued = renewalEvent(renewal, "certificate.issued", now);
    issued.certificate = describeCertificate(chainPem);
    renewal.events.push_back(std::move(issued));
    if (renewal.isFirst()) return ready(chainPem, renewal);
    return hold(chainPem, chain->front(), renewal);
}

// Whoever changed the template may have meant it: it is told. What the certificate may say was
// judged all the same.
Result<RenewalStage> RenewalRunner::hold(
    const std::string& chainPem, const x509::Certificate& issued, Renewal& renewal)
{
    const auto old = x509::Certificate::fromPem(renewal.oldChainPem);
    if (!old) return abandon("the old certificate cannot be read", renewal);
    const auto now = services_.clock.preciseNow();
    const auto change = rules::findTemplateChange(*old, issued);
    addTemplateVersions(change, renewal.events.back().details);
    const auto until = rules::heldForTemplateUntil(
        *old, issued, renewal.policy.onTemplateChange, services_.clock.now());
    if (!until) return ready(chainPem, renewal);
    const auto reason = waitingReason(renewal, *change, *until);
    auto blocked = renewalEvent(renewal, "renewal.blocked", now, model::Outcome::Failure, reason);
    blocked.details = {{"by", "template"}, {"not_after", toRfc3339(old->notAfter())}};
    addTemplateVersions(change, blocked.details);
    renewal.events.push_back(std::move(blocked));
    return RenewalStage(AwaitingAcceptance{chainPem, reason});
}

RenewalStage RenewalRunner::ready(const std::string& chainPem, Renewal& renewal)
{
    auto event = renewalEvent(
        renewal, "certificate.installing", services_.clock.preciseNow(), model::Outcome::Unknown);
    event.certificate = describeCertificate(chainPem);
    renewal.events.push_back(std::move(event));
    return CertificateReady{chainPem};
}

// The policy may say otherwise by now, and caution ends before the certificate does.
Result<RenewalStage> RenewalRunner::after(const AwaitingAcceptance& stage, Renewal& renewal)
{
    const auto old = x509::Certificate::fromPem(renewal.oldChainPem);
    const auto issued = x509::Certificate::fromPem(stage.chainPem);
    if (!old || !issued) return abandon("the certificates of the renewal cannot be read", renewal);
    const auto now = services_.clock.now();
    const auto until =
        rules::heldForTemplateUntil(*old, *issued, renewal.policy.onTemplateChange, now);
    if (!until) return ready(stage.chainPem, renewal);
    renewal.nextTry = std::clamp(*until, now + Duration(1), now + acceptanceLook);
    return RenewalStage(stage);
}

Result<RenewalStage> RenewalRunner::after(const CertificateReady& stage, Renewal& renewal)
{
    renewal.serviceWasDown =
        !renewal.listeners.empty() && !services_.eyes.anybodyListens(renewal.listeners);
    renewal.neighbours = services_.eyes.answering(renewal.neighbours);
    if (auto placed = services_.installer.place(renewal, stage.chainPem); !placed) {
        const auto& error = placed.error();
        if (error.kind == ErrorKind::Conflict)
            renewal.events.push_back(renewalEvent(renewal, "certificate.changed_outside",
                services_.clock.preciseNow(), model::Outcome::Failure, error.message));
        if (error.kind == ErrorKind::Unavailable || error.kind == ErrorKind::Internal) return error;
        return abandon("the certificate could not be placed: " + error.message, renewal);
    }
    auto event = renewalEvent(renewal, "certificate.installed", services_.clock.preciseNow());
    event.certificate = describeCertificate(stage.chainPem);
    renewal.events.push_back(std::move(event));
    return RenewalStage(Installed{stage.chainPem, std::nullopt});
}

// What the listeners show decides, whatever the action said of itself. Where nobody listens, the
// action does.
Result<RenewalStage> RenewalRunner::after(const Installed& stage, Renewal& renewal)
{
    if (stage.goBack) return goBack(*stage.goBack, renewal);
    const bool first = renewal.isFirst(); // its service may wait for it: it is told in any case
    if (!first && renewal.serviceWasDown && !services_.eyes.anybodyListens(renewal.listeners))
        return complete(stage.chainPem, wasDownRemark, 0, renewal);
    const auto acted = services_.installer.act(renewal);
    const auto problem = problemOf(acted, renewal.policy.action);
    const auto answering = answeringBefore(renewal.listeners);
    const bool wasDown = answering.empty() && !renewal.listeners.empty();
    const auto& looked = wasDown || first ? renewal.listeners : answering;
    const auto seen = services_.eyes.seesServed(looked, fingerprintOf(stage.chainPem));
    const auto others =
        seen ? services_.eyes.seesUnchanged(renewal.neighbours) : Result<std::string>("");
    if (!others)
        return RenewalStage(Installed{
            stage.chainPem, "another certificate of the service is not served as before: " +
                                others.error().message});
    if (seen && (problem.empty() || !looked.empty()))
        return complete(
            stage.chainPem, joinedRemarks({problem, *seen, *others}), looked.size(), renewal);
    const bool oldIsServed =
        !looked.empty() && services_.eyes.seesServed(looked, renewal.order.replaces.text()).ok();
    // A service that was down takes the new certificate when it starts; nobody starts it for that.
    const bool isDown = !first || (renewal.serviceWasDown && problem.empty() &&
                                      !services_.eyes.anybodyListens(renewal.listeners));
    if (wasDown && !oldIsServed && isDown)
        return complete(stage.chainPem, wasDownRemark, 0, renewal);
    // The old one works on: one more try harms nobody.
    const bool mayMend = acted ? acted->status == 0 : acted.error().kind == ErrorKind::Unavailable;
    const bool again = renewal.failures == 0 && mayMend && (oldIsServed || looked.empty());
    std::string reason = problem;
    if (!seen)
        reason += (reason.empty() ? "" : "; ") +
                  ("the new certificate is not served: " + seen.error().message);
    if (again) return Error{ErrorKind::Unavailable, reason};
    return RenewalStage(Installed{stage.chainPem, reason});
}

RenewalStage RenewalRunner::complete(
    const std::string& chainPem, const std::string& remark, std::size_t seen, Renewal& renewal)
{
    const auto now = services_.clock.preciseNow();
    renewal.elapsedMilliseconds = (now - renewal.acceptedAt).count();
    auto completed =
        renewalEvent(renewal, "renewal.completed", now, model::Outcome::Success, remark);
    completed.certificate = describeCertificate(chainPem);
    completed.details = {{"milliseconds", renewal.elapsedMilliseconds},
        {"listeners", static_cast<std::int64_t>(seen)}};
    if (!renewal.isFirst())
        completed.details["old_serial"] = describeCertificate(renewal.oldChainPem)["serial"];
    renewal.events.push_back(std::move(completed));
    return Completed{chainPem};
}

Result<RenewalStage> RenewalRunner::goBack(const std::string& reason, Renewal& renewal)
{
    if (auto back = services_.installer.switchBack(renewal); !back) return back.error();
    std::string text = reason;
    if (renewal.isFirst()) text += "; what was placed is taken away again";
    const auto acted = services_.installer.act(renewal);
    // The files are back, but the service was not told.
    if (!acted && acted.error().kind == ErrorKind::Unavailable && renewal.failures < actPatience)
        return acted.error();
    const auto problem = problemOf(acted, renewal.policy.action);
    if (!problem.empty()) text += "; after switching back " + problem;
    const auto seen = services_.eyes.seesServed(
        answeringBefore(renewal.listeners), renewal.order.replaces.text());
    if (!seen) text += "; the old certificate is not served either: " + seen.error().message;
    const auto others = services_.eyes.seesUnchanged(renewal.neighbours);
    if (!others) text += "; " + others.error().message;
    auto event = renewalEvent(renewal, "renewal.rolled_back", services_.clock.preciseNow(),
        model::Outcome::Failure, text);
    event.details = {{"old_served", seen.ok() && others.ok()}};
    renewal.events.push_back(std::move(event));
    return RenewalStage(Abandoned{toPrintable(text, 8192), true, true});
}

Result<RenewalStage> RenewalRunner::after(const Completed& stage, Renewal&)
{
    return RenewalStage(stage);
}

Result<RenewalStage> RenewalRunner::after(const Abandoned& stage, Renewal&)
{
    return RenewalStage(stage);
}

} // namespace perennial::agent
