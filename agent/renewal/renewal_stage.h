#pragma once

#include "shared/base/encoding.h"
#include "shared/plugin_api/issuer.h"

#include <optional>
#include <string>
#include <variant>

namespace perennial::agent {

// The life of a renewal on a server, in order. Each stage holds only what the next needs, and never
// a key: the installer keeps the new key under the order's id.
struct Accepted {};
struct KeyReady {
    Bytes publicKey;         // SubjectPublicKeyInfo of the new key
    PreparedRequest request; // sent again, the same, when its answer was lost
};
struct AwaitingIssuer {
    Bytes publicKey;
    std::string ticket;
    PreparedRequest request = {}; // of an enrolment: what comes is held to it
};
struct AwaitingAcceptance {
    std::string chainPem; // checked; waits because the CA's template has changed
    std::string reason;   // what changed, and how it goes on
};
struct CertificateReady {
    std::string chainPem; // checked; about to be placed
};
struct Installed {
    std::string chainPem;
    std::optional<std::string> goBack; // why the old one is being put back
};
struct Completed {
    std::string chainPem; // in place and served
};
struct Abandoned {
    std::string reason;
    bool rolledBack = false;
    bool hadKey = false;    // a new key was made, which nobody wants now
    bool overtaken = false; // another way is open now: no failure of the slot
};

using RenewalStage = std::variant<Accepted, KeyReady, AwaitingIssuer, AwaitingAcceptance,
    CertificateReady, Installed, Completed, Abandoned>;

inline bool isFinal(const RenewalStage& stage)
{
    return std::holds_alternative<Completed>(stage) || std::holds_alternative<Abandoned>(stage);
}
// Nothing was placed yet, so what happens to the slot meanwhile ends it.
inline bool isBeforePlacing(const RenewalStage& stage)
{
    return std::holds_alternative<Accepted>(stage) || std::holds_alternative<KeyReady>(stage) ||
           std::holds_alternative<AwaitingIssuer>(stage) ||
           std::holds_alternative<AwaitingAcceptance>(stage);
}
std::string nameOf(const RenewalStage& stage); // "accepted", "key-ready", ...

} // namespace perennial::agent
