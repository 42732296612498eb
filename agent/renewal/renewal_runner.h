#pragma once

#include "agent/renewal/hands.h"
#include "agent/renewal/renewal_events.h"
#include "agent/renewal/renewal_journal.h"

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
};

// Carries one renewal forward, a recorded step at a time.
class RenewalRunner {
public:
    explicit RenewalRunner(RenewalServices services) : services_(std::move(services)) {}

    // Records that the order is taken. Conflict when the journal knows it already.
    Result<Renewal> begin(Renewal renewal);
    // Goes as far as it can now. After an error the renewal stays where it was, with the moment of
    // the next try; the error is in `lastProblem` and in an event. An Error is returned only when
    // the journal fails.
    Result<Renewal> run(Renewal renewal);

private:
    // What is done in each stage, and the stage it leads to.
    Result<RenewalStage> after(const Accepted& stage, Renewal& renewal);
    Result<RenewalStage> after(const KeyReady& stage, Renewal& renewal);
    Result<RenewalStage> after(const AwaitingIssuer& stage, Renewal& renewal);
    Result<RenewalStage> after(const CertificateReady& stage, Renewal& renewal);
    Result<RenewalStage> after(const Installed& stage, Renewal& renewal);
    Result<RenewalStage> after(const Completed& stage, Renewal& renewal);
    Result<RenewalStage> after(const Abandoned& stage, Renewal& renewal);

    Result<RenewalStage> afterAnswer(
        const Result<IssueOutcome>& answer, const Bytes& publicKey, Renewal& renewal);
    Result<RenewalStage> accept(
        const std::string& chainPem, const Bytes& publicKey, Renewal& renewal);
    Result<RenewalStage> goBack(const std::string& reason, Renewal& renewal);
    Result<RenewalStage> abandon(const std::string& reason, Renewal& renewal);
    Status saveAndPublish(Renewal& renewal);
    void remember(const Error& error, Renewal& renewal);

    RenewalServices services_;
};

// How long to wait after so many failures: doubling, at most an hour, and never more than a tenth
// of the time that is left.
Duration retryDelay(Duration first, int failures, Duration left);

} // namespace perennial::agent
