#pragma once

#include "controller/policy_source/git_repository.h"
#include "shared/policy/signed_manifest.h"

#include <optional>

namespace perennial::controller {

// What is signed away from the controller, seen from here: the controller can only relay it, and
// say early that agents would refuse it.
struct SignedDocuments {
    model::SignedManifest relayed;
    policy::SignedMark mark;
    TimePoint expires;
    std::vector<std::string> signedBy; // fingerprints
};

// .perennial/manifest.json of that commit with its signatures; nothing when there is none.
// InvalidInput for links, and what is too large or too many.
Result<std::optional<model::SignedManifest>> signedManifestAt(
    const GitRepository& git, const std::string& commit);

// InvalidInput says why agents would refuse it. Without signers that the controller knows, whoever
// signed counts, and one is enough. `before`: what applies now, or null.
Result<SignedDocuments> examineSigned(const model::SignedManifest& relayed,
    const std::vector<model::PolicyDocument>& documents, const policy::TrustedSigners& known,
    const SignedDocuments* before, TimePoint now);

} // namespace perennial::controller
