#pragma once

#include "controller/policy_source/signed_documents.h"
#include "shared/base/clock.h"
#include "shared/base/file_system.h"
#include "shared/policy/policy_documents.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace perennial::controller {

// One verified commit's documents, parsed. Immutable; shared by whoever works with it.
struct PolicySnapshot {
    model::PolicyManifest manifest;
    std::optional<SignedDocuments> signedDocuments; // what agents may demand
    std::vector<model::PolicyDocument> documents;
    model::PolicySet set;
    TimePoint appliedAt;
};

// The commit that is not followed, and why. It is told once, and looked at again when the branch
// moves.
struct RefusedCommit {
    std::string commit;
    TimePoint at;
    std::string problem; // for people; several lines when several documents are wrong
};

struct PolicySourceSettings {
    std::string repository; // URL or path
    std::string branch;
    std::string allowedSigners; // file; for the first commit
    std::string folder;         // clone and state; only the controller's user may enter it
    Duration manifestLife{};
    Duration timeout{60}; // of one git command
    // Whose signatures the agents demand, as far as the controller knows; threshold 0: it does not.
    int signersThreshold = 0;
    std::string signersFile = {};
};

// Follows one branch of a git repository. Every commit since the last good one must be signed by
// one of the allowed signers of each parent's verified state (file .perennial/allowed_signers, else
// the configured file) who has not expired, must be a descendant of it, and the documents at the
// tip must all be good; otherwise everything stays as it is.
class PolicySource {
public:
    PolicySource(PolicySourceSettings settings, FileSystem& files, const Clock& clock);

    // The last good snapshot of an earlier run, if there is one.
    Status load();

    enum class Outcome { Unchanged, Applied, Refused };
    // Fetches and looks. Refused: see refused(); an Error (Unavailable) when the repository could
    // not be read.
    Result<Outcome> refresh();

    std::shared_ptr<const PolicySnapshot> current() const; // null before the first good one
    std::optional<RefusedCommit> refused() const;

private:
    // What was followed once stays, though the configuration has come to demand more.
    enum class When { Loading, Following };
    Result<PolicySnapshot> read(const std::string& commit, When when) const;
    Result<std::string> problemOnTheWay(const std::string& applied, const std::string& tip) const;
    Result<bool> isSignedBy(const std::string& commit, const std::string& allowedSigners) const;
    Result<policy::TrustedSigners> knownSigners() const;
    // Of a commit that may come to apply.
    Result<std::optional<SignedDocuments>> readSigned(const std::string& commit,
        const std::vector<model::PolicyDocument>& documents, When when) const;
    Result<Outcome> follow(const std::string& tip);
    Result<Outcome> refuse(const std::string& commit, const std::string& problem);

    PolicySourceSettings settings_;
    FileSystem& files_;
    const Clock& clock_;
    mutable std::mutex mutex_;
    std::shared_ptr<const PolicySnapshot> current_;
    std::optional<RefusedCommit> refused_;
};

} // namespace perennial::controller
