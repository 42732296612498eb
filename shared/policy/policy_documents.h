#pragma once

#include "shared/base/result.h"
#include "shared/model/host_names.h"
#include "shared/model/policy.h"
#include "shared/model/slot.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace perennial::policy {

struct Problem {
    std::string file;
    int line = 0;
    std::string what; // names the key and what to do
};
std::string toText(const std::vector<Problem>& problems); // a line each: "web.yaml:12: ..."

// All or nothing: every problem of every document, or the set. Documents are *.yaml files in any
// folders, with one or more documents (after ---) each; other files are not given to it.
// docs/policies.md describes the kinds.
struct Parsed {
    std::vector<Problem> problems; // empty: the set is good
    model::PolicySet set;
};
Parsed parseDocuments(const std::vector<model::PolicyDocument>& documents);

// What one host is: what its joining said, never what it says of itself later.
struct HostFacts {
    model::AgentId agent;
    std::string hostName;
    std::map<std::string, std::string> labels;
};

// The policy that rules this slot: the highest priority that matches; none: nullptr.
const model::CertificatePolicy* findPolicyFor(
    const model::PolicySet& set, const HostFacts& host, const model::Slot& slot);
// Why each policy matches or does not, for `explain`.
std::vector<std::string> explainMatch(
    const model::PolicySet& set, const HostFacts& host, const model::Slot& slot);

// What should be trusted on this host: of each trust store the document with the highest priority.
// A store that no document names is left alone.
std::vector<const model::TrustAnchors*> anchorsFor(
    const model::PolicySet& set, const HostFacts& host);

using model::nameMatches;

// Manifest over documents; the check that exactly these files with these hashes are there (else
// Corrupt), that version does not go back and one version stays one commit (else PermissionDenied).
// lastVersion 0: none was applied yet.
model::PolicyManifest makeManifest(const std::vector<model::PolicyDocument>& documents,
    std::string commit, std::int64_t version, TimePoint committedAt, TimePoint expires);
Status checkManifest(const model::PolicyManifest& manifest,
    const std::vector<model::PolicyDocument>& documents, std::int64_t lastVersion,
    const std::string& lastCommit);
// Not a refusal: past its end a manifest is an alert, and renewals go on.
std::optional<std::string> findExpired(const model::PolicyManifest& manifest, TimePoint now);

} // namespace perennial::policy
