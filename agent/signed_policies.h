#pragma once

#include "agent/agent_config.h"
#include "shared/base/file_system.h"
#include "shared/policy/signed_manifest.h"
#include "shared/protocol/agent_messages.h"

namespace perennial::agent {

// Whose signatures this host demands of policy documents, and which it accepted last. Without
// policy_signers in agent.yaml nothing is demanded. What was accepted is on disk, so that no
// restart forgets it.
class SignedPolicies {
public:
    SignedPolicies() = default; // demands nothing
    // The signers' file must be root's, and nobody else may change where its path leads.
    static Result<SignedPolicies> open(
        FileSystem& files, const AgentConfig::PolicySigners& settings, const std::string& state);

    bool demanded() const { return demanded_; }
    int threshold() const { return trusted_.threshold; }
    const policy::SignedMark& last() const { return mark_; }

    // For documents that are new: signed, not older than the last ones, and not expired.
    Result<policy::Accepted> check(const protocol::Documents& documents, TimePoint now) const;
    // For those that are in force, at start: signed. Remembers what they are when a crash came
    // before remember().
    Result<policy::Accepted> checkHeld(const protocol::Documents& documents, TimePoint now);
    // On disk before it returns; Internal when the disk does not take it.
    Status remember(const policy::Accepted& accepted, TimePoint now);

private:
    Status load(const std::string& configured);
    Status trust(const std::string& signers, const std::string& from);

    FileSystem* files_ = nullptr;
    std::string file_;
    bool demanded_ = false;
    policy::TrustedSigners trusted_;
    policy::SignedMark mark_;
    std::string configured_; // hash of the host's file
    std::string rotated_;    // signers that came after it; empty: none
    TimePoint acceptedAt_;
};

} // namespace perennial::agent
