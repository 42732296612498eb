#pragma once

#include "shared/model/policy.h"
#include "shared/policy/policy_signers.h"

// What the owners of the policies sign, away from the controller: docs/policies.md, "Signed
// documents".
namespace perennial::policy {

inline constexpr std::string_view manifestPath = ".perennial/manifest.json";
inline constexpr std::string_view signaturesFolder = ".perennial/signatures";
inline constexpr std::string_view signersPath = ".perennial/policy_signers";

struct SignedFile {
    std::string sha256; // lower-case hex
    std::int64_t size = 0;
    friend bool operator==(const SignedFile&, const SignedFile&) = default;
};

// manifest.json, read.
struct SignedContent {
    std::string repository;   // a name: what is signed for one is nothing for another
    std::int64_t version = 0; // only grows
    TimePoint issued;
    TimePoint expires;
    std::map<std::string, SignedFile> files; // all documents, and signersPath where it is used
};
std::string toText(const SignedContent& content);
Result<SignedContent> signedContentFromText(const std::string& text);

// Of these documents, and of policy_signers when it is not empty.
std::map<std::string, SignedFile> signedFilesOf(
    const std::vector<model::PolicyDocument>& documents, const std::string& signers);
// Exactly these files with these sizes and hashes; else Corrupt.
Status checkSignedFiles(const SignedContent& content,
    const std::vector<model::PolicyDocument>& documents, const std::string& signers);

// The keys that signed these bytes for us, each once. A file that is no good signature is
// InvalidInput or PermissionDenied, and names itself.
Result<std::vector<x509::SshPublicKey>> keysThatSigned(const model::SignedManifest& relayed);

struct TrustedSigners {
    int threshold = 0; // how many of them must have signed
    std::vector<PolicySigner> signers;
};
// PermissionDenied when fewer than the threshold of these, valid now, are among the keys.
Status checkThreshold(const TrustedSigners& trusted, const std::vector<x509::SshPublicKey>& keys,
    TimePoint now, const std::string& whose);

// What was accepted last.
struct SignedMark {
    std::string repository; // empty: nothing yet
    std::int64_t version = 0;
    std::string manifestHash; // SHA-256
    friend bool operator==(const SignedMark&, const SignedMark&) = default;
};

struct Accepted {
    SignedMark mark;
    TimePoint expires;
    // The signers that count from now on: those of signersPath once old and new ones agreed.
    // Empty: as before.
    std::string signers;
};
// Everything but whether it has expired: signatures, repository, version, files. PermissionDenied,
// Corrupt or InvalidInput says what is wrong.
Result<Accepted> checkSigned(const model::SignedManifest& relayed,
    const std::vector<model::PolicyDocument>& documents, const TrustedSigners& trusted,
    const SignedMark& last, TimePoint now);
// PermissionDenied when its end is over.
Status checkFresh(TimePoint expires, TimePoint now);

} // namespace perennial::policy
