#include "shared/base/encoding.h"
#include "shared/policy/policy_documents.h"
#include "shared/x509/digest.h"

#include <set>

namespace perennial::policy {

namespace {

std::string shown(const std::string& path) { return toPrintable(path, 250); }

Error mixed(const std::string& what)
{
    return {ErrorKind::Corrupt, "policy documents: " + what + "; the last good ones stay"};
}

// Exactly the files of the manifest, each with its hash.
Status checkFiles(
    const model::PolicyManifest& manifest, const std::vector<model::PolicyDocument>& documents)
{
    std::set<std::string> seen;
    for (const auto& document : documents) {
        if (!model::isDocumentPath(document.path))
            return mixed(shown(document.path) + " is not the path of a document");
        if (!seen.insert(document.path).second) return mixed(document.path + " is there twice");
        const auto listed = manifest.files.find(document.path);
        if (listed == manifest.files.end()) return mixed(document.path + " is not in the manifest");
        if (x509::sha256Hex(document.content) != listed->second)
            return mixed(document.path + " is not the file that the manifest names");
    }
    for (const auto& [path, hash] : manifest.files) {
        if (seen.count(path) == 0) return mixed(shown(path) + " is missing");
    }
    return {};
}

} // namespace

model::PolicyManifest makeManifest(const std::vector<model::PolicyDocument>& documents,
    std::string commit, std::int64_t version, TimePoint committedAt, TimePoint expires)
{
    model::PolicyManifest manifest;
    manifest.commit = std::move(commit);
    manifest.version = version;
    manifest.committedAt = committedAt;
    manifest.expires = expires;
    for (const auto& document : documents)
        manifest.files[document.path] = x509::sha256Hex(document.content);
    return manifest;
}

Status checkManifest(const model::PolicyManifest& manifest,
    const std::vector<model::PolicyDocument>& documents, std::int64_t lastVersion,
    const std::string& lastCommit)
{
    const auto refusal = [&](const std::string& what) {
        return Error{ErrorKind::PermissionDenied, "policy version " +
                                                      std::to_string(manifest.version) + " " +
                                                      what + "; the last good one stays"};
    };
    if (manifest.version < 1) return refusal("is none");
    if (manifest.commit.size() != 40 ||
        manifest.commit.find_first_not_of("0123456789abcdef") != std::string::npos)
        return refusal("names no commit");
    if (manifest.version < lastVersion)
        return refusal("is older than " + std::to_string(lastVersion) + ", which was applied");
    if (manifest.version == lastVersion && manifest.commit != lastCommit)
        return refusal("is another commit than the one that was applied: " + shown(lastCommit));
    return checkFiles(manifest, documents);
}

std::optional<std::string> findExpired(const model::PolicyManifest& manifest, TimePoint now)
{
    if (now < manifest.expires) return std::nullopt;
    return "the policy of commit " + manifest.commit + " should have been confirmed before " +
           toRfc3339(manifest.expires) + "; it stays in force and renewals go on";
}

} // namespace perennial::policy
