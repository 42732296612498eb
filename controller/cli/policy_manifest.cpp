#include "controller/cli/policy_manifest.h"

namespace perennial::cli {

namespace {

constexpr std::size_t fileLimit = 1U << 20U;

// "" without the file.
Result<std::string> textOf(const FileSystem& files, const std::string& path)
{
    auto text = files.read(path, fileLimit);
    if (!text && text.error().kind == ErrorKind::NotFound) return std::string();
    if (!text) return Error{ErrorKind::InvalidInput, text.error().message};
    return text;
}

std::string placeIn(const std::string& folder, std::string_view path)
{
    return folder + "/" + std::string(path);
}

} // namespace

Result<PolicyTree> readPolicyTree(const FileSystem& files, const std::string& folder,
    std::vector<model::PolicyDocument> documents)
{
    PolicyTree tree{folder, std::move(documents), std::nullopt, ""};
    auto signers = textOf(files, placeIn(folder, policy::signersPath));
    if (!signers) return signers.error();
    auto manifest = textOf(files, placeIn(folder, policy::manifestPath));
    if (!manifest) return manifest.error();
    tree.signers = *signers;
    if (manifest->empty()) return tree;
    model::SignedManifest found{*std::move(manifest), {}, *std::move(signers)};
    const auto names = files.list(placeIn(folder, policy::signaturesFolder));
    if (!names && names.error().kind != ErrorKind::NotFound) return names.error();
    if (names) {
        for (const auto& name : *names) {
            if (!name.ends_with(".sig")) continue;
            auto text = textOf(files, placeIn(folder, policy::signaturesFolder) + "/" + name);
            if (!text) return text.error();
            found.signatures.emplace(name, *std::move(text));
        }
    }
    tree.signedManifest = std::move(found);
    return tree;
}

Result<policy::SignedContent> nextManifest(
    const PolicyTree& tree, const std::string& repository, TimePoint now, Duration life)
{
    if (life < std::chrono::hours(24) || life > std::chrono::hours(24 * 400))
        return Error{ErrorKind::InvalidInput, "--expires must be between 1d and 400d"};
    policy::SignedContent next{
        repository, 1, now, now + life, policy::signedFilesOf(tree.documents, tree.signers)};
    if (!tree.signers.empty()) {
        const auto read =
            policy::policySignersFromText(tree.signers, std::string(policy::signersPath));
        if (!read) return read.error();
    }
    if (tree.signedManifest) {
        const auto last = policy::signedContentFromText(tree.signedManifest->manifest);
        if (!last) return last.error();
        if (!repository.empty() && repository != last->repository)
            return Error{ErrorKind::InvalidInput,
                "the manifest is of \"" + last->repository +
                    "\": agents refuse documents of a repository with another name"};
        next.repository = last->repository;
        next.version = last->version + 1;
    }
    if (!model::isSafeIdentifier(next.repository))
        return Error{ErrorKind::InvalidInput,
            "--repository NAME is needed for the first manifest: letters, digits, - and _"};
    return next;
}

Status writeManifest(const std::string& folder, const policy::SignedContent& content)
{
    PosixFileSystem files;
    const auto signatures = placeIn(folder, policy::signaturesFolder);
    if (auto made = files.makeFolder(placeIn(folder, ".perennial"), 0755); !made) return made;
    if (auto made = files.makeFolder(signatures, 0755); !made) return made;
    const auto names = files.list(signatures);
    if (!names) return names.error();
    for (const auto& name : *names) {
        if (!name.ends_with(".sig")) continue;
        if (auto removed = files.remove(signatures + "/" + name); !removed) return removed;
    }
    FileAttributes attributes;
    attributes.mode = 0644;
    return files.replace(
        placeIn(folder, policy::manifestPath), policy::toText(content), attributes);
}

Result<std::vector<Signature>> checkSignatures(const PolicyTree& tree, TimePoint now)
{
    const auto& found = *tree.signedManifest;
    const auto content = policy::signedContentFromText(found.manifest);
    if (!content) return content.error();
    if (auto fits = policy::checkSignedFiles(*content, tree.documents, tree.signers); !fits)
        return Error{fits.error().kind,
            fits.error().message + ": run `perennial policies manifest` and have it signed"};
    if (auto fresh = policy::checkFresh(content->expires, now); !fresh) return fresh.error();
    const auto keys = policy::keysThatSigned(found);
    if (!keys) return keys.error();
    if (keys->empty())
        return Error{ErrorKind::PermissionDenied, std::string(policy::manifestPath) +
                                                      " is signed by nobody: put signatures into " +
                                                      std::string(policy::signaturesFolder)};
    std::vector<Signature> signatures;
    for (const auto& [file, text] : found.signatures) {
        const auto signature = x509::sshSignatureFromText(text);
        if (!signature) return signature.error();
        signatures.push_back({file, x509::fingerprintOf(signature->key)});
    }
    return signatures;
}

} // namespace perennial::cli
