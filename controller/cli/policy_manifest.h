#pragma once

#include "controller/cli/policy_files.h"
#include "shared/policy/signed_manifest.h"

#include <optional>

namespace perennial::cli {

// A folder that is a policy repository's work tree, with what belongs to its signatures.
struct PolicyTree {
    std::string folder;
    std::vector<model::PolicyDocument> documents;
    std::optional<model::SignedManifest> signedManifest; // without the file: nothing
    std::string signers;                                 // .perennial/policy_signers
};
Result<PolicyTree> readPolicyTree(const FileSystem& files, const std::string& folder,
    std::vector<model::PolicyDocument> documents);

// The next manifest: the version of the last one and one more. `repository` is needed for the
// first, and may not change afterwards.
Result<policy::SignedContent> nextManifest(
    const PolicyTree& tree, const std::string& repository, TimePoint now, Duration life);

// Puts it into the folder, and takes away the signatures of the one before.
Status writeManifest(const std::string& folder, const policy::SignedContent& content);

// Who signed: a line or a JSON object each. PermissionDenied or Corrupt says what does not fit.
struct Signature {
    std::string file;
    std::string key; // fingerprint
};
Result<std::vector<Signature>> checkSignatures(const PolicyTree& tree, TimePoint now);

} // namespace perennial::cli
