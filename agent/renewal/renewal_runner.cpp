#include "agent/renewal/renewal_runner.h"

#include "shared/rules/issued_certificate_rules.h"

#include <algorithm>

namespace perennial::agent {

namespace {

bool isWaiting(const RenewalStage& stage) { return std::holds_alternative<AwaitingIssuer>(stage); }

TimePoint expiryOf(const Renewal& renewal)
{
    const auto old = x509::Certificate::fromPem(renewal.oldChainPem);
    return old ? old->notAfter() : TimePoint();
}

std::string fingerprintOf(const std::string& chainPem)
{
    const auto leaf = x509::Certificate::fromPem(chainPem);
    return leaf ? leaf->fingerprint() : std::string();
}

} // namespace

Duration retryDelay(Duration first, int failures, Duration left)
{
    auto delay = first;
    for (int i = 1; i < failures && delay < Duration(3600); ++i)
        delay *= 2;
    delay = std::min(delay, Duration(3600));
    return std::clamp(left / 10, Duration(1), delay);
}

Result<Renewal> RenewalRunner::begin(Renewal renewal)
{
    if (services_.journal.load(renewal.order.id))
        return Error{ErrorKind::Conflict, "order " + renewal.order.id.text() + " is known already"};
    const auto now = services_.clock.preciseNow();
    renewal.stage = Accepted{};
    renewal.acceptedAt = now;
    if (renewal.order.origin != model::Origin::Controller)
        renewal.events.push_back(renewalEvent(
            renewal, "renewal.autonomous", now, model::Outcome::Success, renewal.order.reason));
    renewal.events.push_back(renewalEvent(renewal, "renewal.accepted", now));
    if (auto saved = saveAndPublish(renewal); !saved) return saved.error();
    return renewal;
}

Result<Renewal> RenewalRunner::run(Renewal renewal)
{
    // What was in the journal may not have reached the queue before a crash.
    if (auto published = services_.publish(renewal.events); !published) return published.error();
    renewal.events.clear();
    while (!isFinal(renewal.stage) && services_.clock.now() >= renewal.nextTry) {
        const auto current = renewal.stage;
        auto next = std::visit([&](const auto& stage) { return after(stage, renewal); }, current);
        if (!next) {
            remember(next.error(), renewal);
            if (auto saved = saveAndPublish(renewal); !saved) return saved.error();
            return renewal;
        }
        const bool stillWaiting = isWaiting(current) && isWaiting(*next);
        renewal.stage = *std::move(next);
        renewal.failures = 0;
        renewal.lastProblem.clear();
        if (!isWaiting(renewal.stage)) renewal.nextTry = TimePoint();
        if (auto saved = saveAndPublish(renewal); !saved) return saved.error();
        if (stillWaiting) break;
    }
    return renewal;
}

Status RenewalRunner::saveAndPublish(Renewal& renewal)
{
    if (auto saved = services_.journal.save(renewal); !saved) return saved;
    if (auto published = services_.publish(renewal.events); !published) return published;
    renewal.events.clear();
    return {};
}

void RenewalRunner::remember(const Error& error, Renewal& renewal)
{
    const auto now = services_.clock.now();
    ++renewal.failures;
    renewal.lastProblem = toPrintable(error.message);
    const auto delay = retryDelay(services_.firstRetry, renewal.failures, expiryOf(renewal) - now);
    renewal.nextTry = now + delay;
    auto event = renewalEvent(renewal, "renewal.failed", services_.clock.preciseNow(),
        model::Outcome::Failure, error.message);
    event.details = {{"stage", nameOf(renewal.stage)}, {"error_kind", nameOf(error.kind)},
        {"failures", renewal.failures}, {"next_try", toRfc3339(renewal.nextTry)}};
    // A long outage is told at its start and then each time the waiting doubles, not every time.
    const bool tell = (renewal.failures & (renewal.failures - 1)) == 0;
    if (tell) renewal.events.push_back(std::move(event));
}

// The renewal, step by step.

Result<RenewalStage> RenewalRunner::after(const Accepted&, Renewal& renewal)
{
    if (auto possible = services_.installer.preflight(renewal); !possible) {
        renewal.events.push_back(renewalEvent(renewal, "renewal.preflight_failed",
            services_.clock.preciseNow(), model::Outcome::Failure, possible.error().message));
        if (isRetryable(possible.error().kind) || possible.error().kind == ErrorKind::Internal)
            return possible.error();
        return abandon(possible.error().message, renewal);
    }
    const auto old = x509::Certificate::fromPem(renewal.oldChainPem);
    if (!old) return abandon("the old certificate cannot be read", renewal);
    const auto keyType = renewal.policy.keyType == "same" ? old->keyType() : renewal.policy.keyType;
    const auto key = services_.installer.makeKey(renewal, keyType);
    if (!key) {
        if (key.error().kind == ErrorKind::PermissionDenied ||
            key.error().kind == ErrorKind::InvalidInput)
            return abandon(key.error().message, renewal);
        return key.error();
    }
    auto request = services_.enroller.prepare(renewal);
    if (!request) {
        if (request.error().kind == ErrorKind::InvalidInput)
            return abandon(request.error().message, renewal);
        return request.error();
    }
    const auto now = services_.clock.preciseNow();
    auto generated = renewalEvent(renewal, "key.generated", now);
    generated.details = {{"key_type", keyType}};
    renewal.events.push_back(std::move(generated));
    auto submitting = renewalEvent(renewal, "request.submitting", now, model::Outcome::Unknown);
    submitting.details = {{"request_format", request->format},
        {"authentication", request->authentication}, {"service", renewal.service.name}};
    renewal.events.push_back(std::move(submitting));
    return RenewalStage(KeyReady{*key, *std::move(request)});
}

Result<RenewalStage> RenewalRunner::after(const KeyReady& stage, Renewal& renewal)
{
    return afterAnswer(services_.enroller.submit(renewal, stage.request), stage.publicKey, renewal);
}

Result<RenewalStage> RenewalRunner::after(const AwaitingIssuer& stage, Renewal& renewal)
{
    return afterAnswer(services_.enroller.poll(renewal, stage.ticket), stage.publicKey, renewal);
}

Result<RenewalStage> RenewalRunner::afterAnswer(
    const Result<IssueOutcome>& answer, const Bytes& publicKey, Renewal& renewal)
{
    if (!answer) return answer.error();
    const auto now = services_.clock.preciseNow();
    if (std::holds_alternative<KeyReady>(renewal.stage))
        renewal.events.push_back(renewalEvent(renewal, "request.submitted", now));
    if (const auto* issued = std::get_if<Issued>(&*answer))
        return accept(issued->chainPem, publicKey, renewal);
    if (const auto* pending = std::get_if<Pending>(&*answer)) {
        if (!isWaiting(renewal.stage))
            renewal.events.push_back(
                renewalEvent(renewal, "request.pending", now, model::Outcome::Unknown));
        renewal.nextTry = services_.clock.now() + pending->pollAfter;
        return RenewalStage(AwaitingIssuer{publicKey, pending->ticket});
    }
    const auto& reason = std::get<Denied>(*answer).reason;
    renewal.events.push_back(
        renewalEvent(renewal, "request.denied", now, model::Outcome::Denied, reason));
    return abandon("the CA denied the request: " + reason, renewal);
}

// What came back is judged before anything on the host changes.
Result<RenewalStage> RenewalRunner::accept(
    const std::string& chainPem, const Bytes& publicKey, Renewal& renewal)
{
    const auto chain = x509::Certificate::allFromPem(chainPem);
    if (!chain)
        return abandon("the issued chain cannot be read: " + chain.error().message, renewal);
    if (chain->empty()) return abandon("the issued chain is empty", renewal);
    const auto old = x509::Certificate::fromPem(renewal.oldChainPem);
    if (!old) return abandon("the old certificate cannot be read", renewal);
    const auto anchors = x509::Certificate::allFromPem(renewal.service.issuerTrustPem);
    if (!anchors) return abandon("issuer_trust cannot be read", renewal);
    const std::vector<x509::Certificate> others(chain->begin() + 1, chain->end());
    const auto finding = rules::findReasonToReject(
        {chain->front(), others, *anchors, *old, publicKey, renewal.policy, services_.clock.now()});
    const auto now = services_.clock.preciseNow();
    if (finding) {
        auto event = renewalEvent(renewal, "certificate.rejected_by_agent", now,
            model::Outcome::Failure, finding->rule + ": " + finding->explanation);
        event.certificate = describeCertificate(chainPem);
        renewal.events.push_back(std::move(event));
        return abandon("the issued certificate was rejected: " + finding->explanation, renewal);
    }
    for (const auto* kind : {"certificate.issued", "certificate.installing"}) {
        auto event = renewalEvent(renewal, kind, now,
            std::string_view(kind) == "certificate.installing" ? model::Outcome::Unknown
                                                               : model::Outcome::Success);
        event.certificate = describeCertificate(chainPem);
        renewal.events.push_back(std::move(event));
    }
    return RenewalStage(CertificateReady{chainPem});
}

Result<RenewalStage> RenewalRunner::after(const CertificateReady& stage, Renewal& renewal)
{
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

Result<RenewalStage> RenewalRunner::after(const Installed& stage, Renewal& renewal)
{
    if (stage.goBack) return goBack(*stage.goBack, renewal);
    const auto undo = [&](const std::string& reason) {
        return RenewalStage(Installed{stage.chainPem, reason});
    };
    const auto acted = services_.installer.act(renewal);
    if (!acted) return undo("the action could not be run: " + acted.error().message);
    if (acted->status != 0)
        return undo(renewal.policy.action + " ended with " + std::to_string(acted->status) + ": " +
                    acted->output);
    const auto fingerprint = fingerprintOf(stage.chainPem);
    if (auto seen = services_.eyes.seesServed(renewal.listeners, fingerprint); !seen)
        return undo("the new certificate is not served: " + seen.error().message);

    const auto now = services_.clock.preciseNow();
    renewal.elapsedMilliseconds = (now - renewal.acceptedAt).count();
    auto completed = renewalEvent(renewal, "renewal.completed", now);
    completed.certificate = describeCertificate(stage.chainPem);
    completed.details = {{"old_serial", describeCertificate(renewal.oldChainPem)["serial"]},
        {"milliseconds", renewal.elapsedMilliseconds},
        {"listeners", static_cast<std::int64_t>(renewal.listeners.size())}};
    renewal.events.push_back(std::move(completed));
    // The new one is served: failing to tidy up must not undo that.
    if (auto finished = services_.installer.finish(renewal); finished)
        renewal.events.push_back(renewalEvent(renewal, "key.destroyed", now));
    return RenewalStage(Completed{fingerprint});
}

Result<RenewalStage> RenewalRunner::goBack(const std::string& reason, Renewal& renewal)
{
    if (auto back = services_.installer.switchBack(renewal); !back) return back.error();
    std::string text = reason;
    if (const auto acted = services_.installer.act(renewal); !acted)
        text += "; after switching back the action could not be run: " + acted.error().message;
    else if (acted->status != 0)
        text += "; after switching back " + renewal.policy.action + " ended with " +
                std::to_string(acted->status);
    const auto old = renewal.order.replaces.text();
    const auto seen = services_.eyes.seesServed(renewal.listeners, old);
    if (!seen) text += "; the old certificate is not served either: " + seen.error().message;
    auto event = renewalEvent(renewal, "renewal.rolled_back", services_.clock.preciseNow(),
        model::Outcome::Failure, text);
    event.details = {{"old_served", seen.ok()}};
    renewal.events.push_back(std::move(event));
    (void)services_.installer.discard(renewal); // a new key that stays is found at the next order
    return RenewalStage(Abandoned{text, true});
}

Result<RenewalStage> RenewalRunner::abandon(const std::string& reason, Renewal& renewal)
{
    (void)services_.installer.discard(renewal);
    renewal.events.push_back(renewalEvent(renewal, "renewal.abandoned",
        services_.clock.preciseNow(), model::Outcome::Failure, reason));
    return RenewalStage(Abandoned{toPrintable(reason), false});
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
