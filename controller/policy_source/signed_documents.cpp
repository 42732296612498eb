#include "controller/policy_source/signed_documents.h"

#include "shared/protocol/agent_messages.h"

namespace perennial::controller {

namespace {

// "" without the file.
Result<std::string> textAt(
    const GitRepository& git, const std::string& commit, std::string_view path)
{
    auto text = git.fileAt(commit, std::string(path));
    if (!text && text.error().kind == ErrorKind::NotFound) return std::string();
    return text;
}

// The signers that apply: those that the last ones agreed on, else those of the configuration,
// else whoever signed.
Result<policy::TrustedSigners> signersOf(const policy::TrustedSigners& known,
    const SignedDocuments* before, const model::SignedManifest& relayed)
{
    if (known.threshold > 0 && before != nullptr && !before->relayed.signers.empty()) {
        auto agreed = policy::policySignersFromText(
            before->relayed.signers, std::string(policy::signersPath));
        if (!agreed) return agreed.error();
        return policy::TrustedSigners{known.threshold, *std::move(agreed)};
    }
    if (known.threshold > 0) return known;
    const auto keys = policy::keysThatSigned(relayed);
    if (!keys) return keys.error();
    policy::TrustedSigners anybody{1, {}};
    for (const auto& key : *keys)
        anybody.signers.push_back({"", key, std::nullopt, std::nullopt});
    return anybody;
}

} // namespace

Result<std::optional<model::SignedManifest>> signedManifestAt(
    const GitRepository& git, const std::string& commit)
{
    auto manifest = textAt(git, commit, policy::manifestPath);
    if (!manifest) return manifest.error();
    if (manifest->empty()) return std::optional<model::SignedManifest>();
    auto signers = textAt(git, commit, policy::signersPath);
    if (!signers) return signers.error();
    model::SignedManifest relayed{*std::move(manifest), {}, *std::move(signers)};
    const auto names = git.namesIn(commit, std::string(policy::signaturesFolder));
    if (!names) return names.error();
    for (const auto& name : *names) {
        if (!name.ends_with(".sig")) continue;
        if (relayed.signatures.size() >= protocol::signaturesLimit)
            return Error{ErrorKind::InvalidInput, "over 100 signatures"};
        auto text = git.fileAt(commit, std::string(policy::signaturesFolder) + "/" + name);
        if (!text) return text.error();
        relayed.signatures.emplace(name, *std::move(text));
    }
    return std::optional(std::move(relayed));
}

Result<SignedDocuments> examineSigned(const model::SignedManifest& relayed,
    const std::vector<model::PolicyDocument>& documents, const policy::TrustedSigners& known,
    const SignedDocuments* before, TimePoint now)
{
    const auto refusal = [](const Error& error) {
        return Error{ErrorKind::InvalidInput,
            error.message + " (agents would refuse these documents: `perennial policies check`)"};
    };
    const auto trusted = signersOf(known, before, relayed);
    if (!trusted) return refusal(trusted.error());
    const auto accepted = policy::checkSigned(
        relayed, documents, *trusted, before == nullptr ? policy::SignedMark() : before->mark, now);
    if (!accepted) return refusal(accepted.error());
    const auto keys = policy::keysThatSigned(relayed);
    if (!keys) return refusal(keys.error());
    SignedDocuments examined{relayed, accepted->mark, accepted->expires, {}};
    for (const auto& key : *keys)
        examined.signedBy.push_back(x509::fingerprintOf(key));
    return examined;
}

} // namespace perennial::controller
