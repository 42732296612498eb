// How renewals go on: steps are recorded, failures waited out, ends settled. What each step does is
// in renewal_steps.cpp.

#include "agent/renewal/renewal_runner.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr Duration longestWait = std::chrono::hours(1);
constexpr int hopeless = 8;         // failures that no waiting mends: two hours
constexpr int hopelessPending = 30; // an approval may have been given: about a day

// A renewal that can never succeed must make room for another one, under the policies of then. Once
// files were changed it goes on until they are in order.
bool isHopeless(const Renewal& renewal, ErrorKind kind)
{
    if (kind == ErrorKind::Unavailable || kind == ErrorKind::Internal) return false;
    if (std::holds_alternative<AwaitingIssuer>(renewal.stage))
        return renewal.failures >= hopelessPending;
    const bool early = std::holds_alternative<Accepted>(renewal.stage) ||
                       std::holds_alternative<KeyReady>(renewal.stage);
    return early && renewal.failures >= hopeless;
}

} // namespace

Duration retryDelay(Duration first, int failures, Duration left, Duration most)
{
    auto delay = std::min(first, most);
    for (int i = 1; i < failures && delay < most; ++i)
        delay = std::min(delay * 2, most);
    if (left <= Duration::zero()) return delay; // too late to hurry
    return std::clamp(left / 10, Duration(1), delay);
}

Duration pollDelay(Duration asked, Duration waited, Duration left)
{
    const auto least = std::clamp(asked, Duration(1), longestWait);
    return retryDelay(std::clamp(waited / 10, least, longestWait), 1, left);
}

bool hasCome(TimePoint moment, TimePoint now, Duration farthest)
{
    return now >= moment || moment > now + farthest;
}

Duration RenewalRunner::timeLeft(const Renewal& renewal) const
{
    const auto old = x509::Certificate::fromPem(renewal.oldChainPem);
    return old ? old->notAfter() - services_.clock.now() : Duration::zero();
}

bool RenewalRunner::isDue(const Renewal& renewal) const
{
    const auto moment = renewal.unsaved ? renewal.unsaved->tryAgain : renewal.nextTry;
    return hasCome(moment, services_.clock.now(), longestWait);
}

Result<Renewal> RenewalRunner::begin(Renewal renewal)
{
    const auto known = services_.journal.load(renewal.order.id);
    if (known)
        return Error{ErrorKind::Conflict, "order " + renewal.order.id.text() + " is known already"};
    if (known.error().kind != ErrorKind::NotFound) return known.error();
    const auto now = services_.clock.preciseNow();
    renewal.stage = Accepted{};
    renewal.acceptedAt = now;
    if (renewal.order.origin != model::Origin::Controller)
        renewal.events.push_back(renewalEvent(
            renewal, "renewal.autonomous", now, model::Outcome::Success, renewal.order.reason));
    auto accepted = renewalEvent(renewal, "renewal.accepted", now);
    accepted.details = {{"generation", renewal.order.generation}};
    if (renewal.enrollment) accepted.details["credential"] = renewal.enrollment->credential;
    renewal.events.push_back(std::move(accepted));
    if (auto saved = services_.journal.save(renewal); !saved) return saved.error();
    return renewal; // run() publishes the events
}

Renewal RenewalRunner::run(Renewal renewal, const MayPlace& mayPlace)
{
    if (!isDue(renewal)) return renewal;
    // What is in memory or in the journal may not have reached the disk or the queue.
    const bool behind = renewal.unsaved || !renewal.events.empty();
    if (behind && !record(renewal)) return renewal;
    while (!isFinal(renewal.stage) && isDue(renewal)) {
        if (std::holds_alternative<CertificateReady>(renewal.stage) && !mayPlace(renewal)) break;
        step(renewal);
        if (!record(renewal)) break;
    }
    return renewal;
}

void RenewalRunner::step(Renewal& renewal)
{
    const auto current = renewal.stage;
    renewal.nextTry = TimePoint();
    auto next = std::visit([&](const auto& stage) { return after(stage, renewal); }, current);
    if (!next) return remember(next.error(), renewal);
    renewal.stage = *std::move(next);
    renewal.failures = 0;
    renewal.lastProblem.clear();
}

Renewal RenewalRunner::giveUpChanged(Renewal renewal, const std::string& reason)
{
    renewal.events.push_back(renewalEvent(renewal, "certificate.changed_outside",
        services_.clock.preciseNow(), model::Outcome::Failure, reason));
    renewal.stage = abandon(reason, renewal);
    renewal.nextTry = TimePoint();
    (void)record(renewal);
    return renewal;
}

Renewal RenewalRunner::acceptTemplate(Renewal renewal, model::AuditEvent told)
{
    const auto* waiting = std::get_if<AwaitingAcceptance>(&renewal.stage);
    if (waiting == nullptr) return renewal;
    renewal.events.push_back(std::move(told));
    renewal.stage = ready(waiting->chainPem, renewal);
    renewal.nextTry = TimePoint();
    (void)record(renewal);
    return renewal;
}

Renewal RenewalRunner::giveUpExpired(Renewal renewal)
{
    return overtake(std::move(renewal), "the certificate expired before it was renewed");
}

Renewal RenewalRunner::giveUpNames(Renewal renewal)
{
    return overtake(std::move(renewal),
        "the certificate nears its end before it came with other names: it is renewed with its old "
        "names first");
}

Renewal RenewalRunner::giveUpUnruled(Renewal renewal)
{
    return overtake(std::move(renewal),
        "no policy rules this slot any more: it is left alone, and nothing was changed in it");
}

Renewal RenewalRunner::overtake(Renewal renewal, const std::string& reason)
{
    auto given = abandon(reason, renewal);
    std::get<Abandoned>(given).overtaken = true;
    renewal.stage = std::move(given);
    renewal.nextTry = TimePoint();
    (void)record(renewal);
    return renewal;
}

// The end is on disk first: a crash in between repeats this, and never the way here.
Renewal RenewalRunner::conclude(Renewal renewal)
{
    if (renewal.settled || renewal.unsaved || !isDue(renewal)) return renewal;
    const auto* abandoned = std::get_if<Abandoned>(&renewal.stage);
    const auto done = abandoned == nullptr ? finish(renewal) : services_.installer.discard(renewal);
    if (renewal.unsaved) return renewal;
    // What the installer refuses, it would refuse again.
    const bool repeat =
        !done && (done.error().kind == ErrorKind::Unavailable ||
                     (done.error().kind == ErrorKind::Internal && renewal.failures < hopeless));
    if (repeat) {
        remember(done.error(), renewal);
    } else {
        if (done && abandoned != nullptr && abandoned->hadKey)
            renewal.events.push_back(
                renewalEvent(renewal, "key.destroyed", services_.clock.preciseNow()));
        renewal.lastProblem = done ? "" : toPrintable(done.error().message);
        renewal.settled = true;
    }
    (void)record(renewal);
    return renewal;
}

// The old certificate goes into the archive before its end is told; its key is destroyed by then.
Status RenewalRunner::finish(Renewal& renewal)
{
    const auto kept = services_.installer.finish(renewal);
    if (!kept) return kept.error();
    if (renewal.isFirst()) return {}; // it has replaced nothing
    const auto& chain = std::get<Completed>(renewal.stage).chainPem;
    const auto old = x509::Certificate::fromPem(renewal.oldChainPem);
    const auto now = services_.clock.preciseNow();
    Status archived;
    if (old && services_.archive) {
        const auto issued = x509::Certificate::fromPem(chain);
        archived = services_.archive(
            {renewal.order.slot, renewal.order.id, old->toPem(), std::chrono::floor<Duration>(now),
                issued ? toPrintable(issued->serial(), 100) : "", *kept});
        if (!archived && archived.error().kind != ErrorKind::InvalidInput) {
            renewal.unsaved = Renewal::Unsaved{
                archived.error().message, services_.clock.now() + services_.firstRetry};
            return archived;
        }
    }
    if (kept->empty()) renewal.events.push_back(renewalEvent(renewal, "key.destroyed", now));
    auto told =
        renewalEvent(renewal, "certificate.superseded", now, model::Outcome::Success, *kept);
    told.details = {{"new_serial", describeCertificate(chain)["serial"]},
        {"archived", old.ok() && archived.ok()}};
    renewal.events.push_back(std::move(told));
    return {};
}

bool RenewalRunner::record(Renewal& renewal)
{
    auto done = services_.journal.save(renewal);
    if (done) done = services_.publish(renewal.events);
    if (done && renewal.settled && !renewal.events.empty()) {
        // Nobody looks at it again: the next start must not publish them once more.
        renewal.events.clear();
        done = services_.journal.save(renewal);
    }
    if (!done) {
        renewal.unsaved =
            Renewal::Unsaved{done.error().message, services_.clock.now() + services_.firstRetry};
        return false;
    }
    renewal.unsaved.reset();
    renewal.events.clear();
    return true;
}

void RenewalRunner::remember(const Error& error, Renewal& renewal)
{
    ++renewal.failures;
    renewal.lastProblem = toPrintable(error.message);
    const bool lockOut = renewal.enrollment &&
                         services_.enroller.lastCause() == FaultCause::Identity &&
                         isBeforePlacing(renewal.stage);
    if (lockOut || isHopeless(renewal, error.kind)) {
        renewal.stage = abandon(
            "given up after " + std::to_string(renewal.failures) + " failures: " + error.message,
            renewal);
        renewal.failures = 0;
        renewal.nextTry = TimePoint();
        return;
    }
    renewal.nextTry = services_.clock.now() +
                      retryDelay(services_.firstRetry, renewal.failures, timeLeft(renewal));
    if (!isTold(renewal.failures)) return;
    auto event = renewalEvent(renewal, "renewal.failed", services_.clock.preciseNow(),
        model::Outcome::Failure, error.message);
    event.details = {{"stage", nameOf(renewal.stage)}, {"error_kind", nameOf(error.kind)},
        {"failures", renewal.failures}, {"next_try", toRfc3339(renewal.nextTry)}};
    const bool asked = std::holds_alternative<KeyReady>(renewal.stage) ||
                       std::holds_alternative<AwaitingIssuer>(renewal.stage);
    const auto cause = asked ? services_.enroller.lastCause() : std::nullopt;
    if (cause) event.details["cause"] = std::string(nameOf(*cause));
    renewal.events.push_back(std::move(event));
}

RenewalStage RenewalRunner::abandon(const std::string& reason, Renewal& renewal)
{
    renewal.events.push_back(renewalEvent(renewal, "renewal.abandoned",
        services_.clock.preciseNow(), model::Outcome::Failure, reason));
    const bool hadKey = !std::holds_alternative<Accepted>(renewal.stage);
    return Abandoned{toPrintable(reason), false, hadKey};
}

} // namespace perennial::agent
