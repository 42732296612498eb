#pragma once

#include "agent/renewal/renewal.h"

#include <string>
#include <vector>

// What a renewal needs from the world, behind three small doors: tests have fakes for each.
namespace perennial::agent {

struct ActionResult {
    int status = 0;     // 0: it worked
    std::string output; // printable, at most 4 KB
};

// perennial-installer: keys, files, service actions. Each call may be made again after a crash.
class InstallerHands {
public:
    virtual ~InstallerHands() = default;
    virtual Status preflight(const Renewal& renewal) = 0;
    virtual Result<Bytes> makeKey(const Renewal& renewal, const std::string& keyType) = 0;
    virtual Status place(const Renewal& renewal, const std::string& chainPem) = 0;
    virtual Status switchBack(const Renewal& renewal) = 0;
    virtual Result<ActionResult> act(const Renewal& renewal) = 0;
    // What is kept of the old pair for a while, by the guard's word; empty: nothing.
    virtual Result<std::string> finish(const Renewal& renewal) = 0;
    virtual Status discard(const Renewal& renewal) = 0;
};

// perennial-enroller. What submit() is given was prepared by this process or by an earlier one.
class EnrollerHands {
public:
    virtual ~EnrollerHands() = default;
    virtual Result<PreparedRequest> prepare(const Renewal& renewal) = 0;
    virtual Result<IssueOutcome> submit(const Renewal& renewal, const PreparedRequest& request) = 0;
    virtual Result<IssueOutcome> poll(const Renewal& renewal, const std::string& ticket) = 0;
    // Has the CA revoke the certificate that the one in place (`oldChainPem`) has replaced; its key
    // is lent as for a renewal. Ok: it is revoked, also when it was before.
    virtual Status revoke(const Renewal& renewal) = 0;
    // Why the last call gave no certificate, where the issuer could tell.
    virtual std::optional<FaultCause> lastCause() const { return std::nullopt; }
};

// Looks at what is served. Gives the service a moment to take over.
class Eyes {
public:
    virtual ~Eyes() = default;
    // Ok when every listener shows the certificate; otherwise a Conflict that says which one shows
    // what. The text is a remark, or empty: one that was only observed may have ended meanwhile, as
    // long as another one shows the certificate.
    virtual Result<std::string> seesServed(
        const std::vector<model::Listener>& listeners, const std::string& fingerprint) = 0;
    // Ok when each shows what its `served` says; otherwise a Conflict that says which one does not.
    // One that was only observed may have ended: that is the remark.
    virtual Result<std::string> seesUnchanged(const std::vector<model::Listener>& listeners) = 0;
    // Those that show a certificate at this moment, with what it is.
    virtual std::vector<model::Listener> answering(
        const std::vector<model::Listener>& listeners) = 0;
    // False only when every one of them refuses connections: nobody is there.
    virtual bool anybodyListens(const std::vector<model::Listener>& listeners) = 0;
};

} // namespace perennial::agent
