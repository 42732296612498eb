#pragma once

#include "agent/renewal/hands.h"
#include "agent/renewal/renewal_events.h"
#include "agent/renewal/renewal_journal.h"
#include "agent/superseded.h"
#include "shared/rules/sound_certificate_rules.h"

#include <functional>

namespace perennial::agent {

struct RenewalServices {
    RenewalJournal& journal;
    InstallerHands& installer;
    EnrollerHands& enroller;
    Eyes& eyes;
    const Clock& clock;
    // Takes a renewal's events for good; called after they are in the journal, again after a crash.
    std::function<Status(const std::vector<model::AuditEvent>&)> publish;
    Duration firstRetry{60};
    // Keeps what a renewal replaced, and never its key; called again after a crash.
    std::function<Status(const Superseded&)> archive = {};
};

// Carries one renewal forward, a recorded step at a time.
class RenewalRunner {
public:
    explicit RenewalRunner(RenewalServices services) : services_(std::move(services)) {}

    // Records that the order is taken. Conflict when the journal knows it already; an Error means
    // that nothing is on disk and nothing was begun.
    Result<Renewal> begin(Renewal renewal);
    // Goes as far as it can now. After an error the renewal stays where it was, with the moment of
    // the next try; the error is in `lastProblem` and in an event. When the disk fails, what was
    // reached stays in memory as `unsaved`. What is returned is newer than what was given: keep it.
    using MayPlace = std::function<bool(const Renewal&)>;
    Renewal run(Renewal renewal, const MayPlace& mayPlace);
    // Ends a renewal before anything was placed: another certificate is in the slot.
    Renewal giveUpChanged(Renewal renewal, const std::string& reason);
    // Somebody accepts the changed template that it waits for; `told` says who.
    Renewal acceptTemplate(Renewal renewal, model::AuditEvent told);
    // The same: its certificate has expired, and its key asks for nothing any more.
    Renewal giveUpExpired(Renewal renewal);
    // The same: it was for other names, and the old certificate must be renewed before it ends.
    Renewal giveUpNames(Renewal renewal);
    // The same: no policy rules the slot any more, so it is left alone.
    Renewal giveUpUnruled(Renewal renewal);
    // Once it has ended: has the installer forget what it holds for it. Then it is `settled`.
    Renewal conclude(Renewal renewal);

    bool isDue(const Renewal& renewal) const;

private:
    // What is done in each stage, and the stage it leads to.
    Result<RenewalStage> after(const Accepted& stage, Renewal& renewal);
    Result<RenewalStage> after(const KeyReady& stage, Renewal& renewal);
    Result<RenewalStage> after(const AwaitingIssuer& stage, Renewal& renewal);
    Result<RenewalStage> after(const AwaitingAcceptance& stage, Renewal& renewal);
    Result<RenewalStage> after(const CertificateReady& stage, Renewal& renewal);
    Result<RenewalStage> after(const Installed& stage, Renewal& renewal);
    Result<RenewalStage> after(const Completed& stage, Renewal& renewal);
    Result<RenewalStage> after(const Abandoned& stage, Renewal& renewal);

    struct Asked {
        const Bytes& publicKey;
        const PreparedRequest& request;
    };
    struct Came {
        const std::vector<x509::Certificate>& chain; // leaf first
        const std::vector<x509::Certificate>& anchors;
        TimePoint now;
    };
    Result<RenewalStage> afterAnswer(
        const Result<IssueOutcome>& answer, const Asked& asked, Renewal& renewal);
    Result<RenewalStage> accept(const std::string& chainPem, const Asked& asked, Renewal& renewal);
    static std::optional<rules::IssuedCertificateFinding> judge(
        const Renewal& renewal, const Asked& asked, const Came& came);
    Result<RenewalStage> hold(
        const std::string& chainPem, const x509::Certificate& issued, Renewal& renewal);
    RenewalStage ready(const std::string& chainPem, Renewal& renewal);
    RenewalStage complete(
        const std::string& chainPem, const std::string& remark, std::size_t seen, Renewal& renewal);
    Status finish(Renewal& renewal);
    Result<RenewalStage> goBack(const std::string& reason, Renewal& renewal);
    RenewalStage abandon(const std::string& reason, Renewal& renewal);
    Renewal overtake(Renewal renewal, const std::string& reason);

    Duration timeLeft(const Renewal& renewal) const; // of the old certificate
    void step(Renewal& renewal);
    bool record(Renewal& renewal);
    void remember(const Error& error, Renewal& renewal);
    // A long outage is told at its start and then each time the failures double, not every time.
    static bool isTold(int failures) { return (failures & (failures - 1)) == 0; }

    RenewalServices services_;
};

// How long to wait after so many failures: doubling, at most `most`, and, until the certificate
// ends, never more than a tenth of the time that is left.
Duration retryDelay(
    Duration first, int failures, Duration left, Duration most = std::chrono::hours(1));
// How long until a pending request is asked for again: as its issuer says, and longer the longer it
// has waited; the same bounds.
Duration pollDelay(Duration asked, Duration waited, Duration left);
// Whether a moment to wait for has come. One that is too far away to have been meant so was
// computed before the clock was put back.
bool hasCome(TimePoint moment, TimePoint now, Duration farthest);

} // namespace perennial::agent
