#include "shared/policy/signed_manifest.h"

#include "shared/base/json.h"
#include "shared/x509/digest.h"

#include <algorithm>

namespace perennial::policy {

namespace {

constexpr std::size_t manifestLimit = 1U << 20U;
constexpr std::size_t filesLimit = 1001; // documents and signersPath
constexpr int schema = 1;
constexpr const char* staying = "; the last good one stays";

Error denied(const std::string& what)
{
    return {ErrorKind::PermissionDenied, "signed manifest: " + what + staying};
}
Error corrupt(const std::string& what)
{
    return {ErrorKind::Corrupt, "signed manifest: " + what + staying};
}

TimePoint readTime(JsonReader& in, const std::string& member)
{
    const auto time = timeFromRfc3339(in.string(member, 40));
    if (time) return *time;
    in.fail(member, "must be a time as in 2026-11-21T06:00:00Z");
    return {};
}

Result<SignedFile> readFile(const std::string& path, const Json& json)
{
    JsonReader in(json, toPrintable(path, 250));
    SignedFile file;
    file.sha256 = in.string("sha256", 64);
    file.size = in.integer("size");
    if (file.sha256.size() != 64 ||
        file.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
        in.fail("sha256", "must be 64 lower-case hex digits");
    if (file.size < 0) in.fail("size", "must not be negative");
    if (!model::isDocumentPath(path) && path != signersPath)
        in.fail("sha256", "is of a path that no document may have");
    if (auto status = in.finish(); !status) return status.error();
    return file;
}

std::string shortList(const std::vector<x509::SshPublicKey>& keys)
{
    std::string text;
    for (const auto& key : keys)
        text += (text.empty() ? "" : ", ") + x509::fingerprintOf(key);
    return text.empty() ? "nobody" : text;
}

// REQ-S-31, as with TUF's root: the old ones and the new ones must both agree.
Result<std::string> rotated(const model::SignedManifest& relayed, const TrustedSigners& trusted,
    const std::vector<x509::SshPublicKey>& keys, TimePoint now)
{
    if (relayed.signers.empty()) return std::string();
    auto named = policySignersFromText(relayed.signers, std::string(signersPath));
    if (!named) return named.error();
    const TrustedSigners next{trusted.threshold, *std::move(named)};
    if (auto enough = checkThreshold(next, keys, now, "new signers"); !enough)
        return enough.error();
    return relayed.signers;
}

} // namespace

std::string toText(const SignedContent& content)
{
    Json json;
    json["schema"] = schema;
    json["repository"] = content.repository;
    json["version"] = content.version;
    json["issued"] = toRfc3339(content.issued);
    json["expires"] = toRfc3339(content.expires);
    json["files"] = Json(Json::Object{});
    for (const auto& [path, file] : content.files)
        json["files"][path] = Json(Json::Object{{"sha256", file.sha256}, {"size", file.size}});
    return json.pretty() + "\n";
}

Result<SignedContent> signedContentFromText(const std::string& text)
{
    const auto json = Json::parse(text, {manifestLimit, 4, 10'000});
    if (!json) return json.error().in(std::string(manifestPath));
    JsonReader in(*json, std::string(manifestPath));
    SignedContent content;
    if (in.integer("schema") != schema) in.fail("schema", "must be 1");
    content.repository = in.string("repository", 128);
    if (!model::isSafeIdentifier(content.repository))
        in.fail("repository", "must be a name of letters, digits, - and _");
    content.version = in.integer("version");
    if (content.version < 1) in.fail("version", "must be at least 1");
    content.issued = readTime(in, "issued");
    content.expires = readTime(in, "expires");
    const auto* files = in.value("files").object();
    if (files == nullptr || files->size() > filesLimit)
        in.fail("files", "must be an object of at most 1001 files");
    if (auto status = in.finish(); !status) return status.error();
    for (const auto& [path, value] : *files) {
        auto file = readFile(path, value);
        if (!file) return file.error().in(std::string(manifestPath));
        content.files.emplace(path, *std::move(file));
    }
    return content;
}

std::map<std::string, SignedFile> signedFilesOf(
    const std::vector<model::PolicyDocument>& documents, const std::string& signers)
{
    const auto factsOf = [](const std::string& text) {
        return SignedFile{x509::sha256Hex(text), static_cast<std::int64_t>(text.size())};
    };
    std::map<std::string, SignedFile> files;
    for (const auto& document : documents)
        files[document.path] = factsOf(document.content);
    if (!signers.empty()) files[std::string(signersPath)] = factsOf(signers);
    return files;
}

Status checkSignedFiles(const SignedContent& content,
    const std::vector<model::PolicyDocument>& documents, const std::string& signers)
{
    const auto present = signedFilesOf(documents, signers);
    if (present.size() != documents.size() + (signers.empty() ? 0 : 1))
        return corrupt("a document is there twice");
    for (const auto& [path, file] : present) {
        const auto listed = content.files.find(path);
        if (listed == content.files.end()) return corrupt(toPrintable(path, 250) + " is not in it");
        if (listed->second != file)
            return corrupt(toPrintable(path, 250) + " is not the file that was signed");
    }
    for (const auto& [path, file] : content.files) {
        if (present.count(path) == 0) return corrupt(path + " is missing");
    }
    return {};
}

Result<std::vector<x509::SshPublicKey>> keysThatSigned(const model::SignedManifest& relayed)
{
    std::vector<x509::SshPublicKey> keys;
    for (const auto& [name, text] : relayed.signatures) {
        auto signature = x509::sshSignatureFromText(text);
        if (!signature) return signature.error().in(toPrintable(name, 250));
        if (auto good = x509::verify(*signature, relayed.manifest, signatureSpace); !good)
            return good.error().in(toPrintable(name, 250));
        // Two signatures of one key are one signer.
        if (std::find(keys.begin(), keys.end(), signature->key) == keys.end())
            keys.push_back(std::move(signature->key));
    }
    return keys;
}

Status checkThreshold(const TrustedSigners& trusted, const std::vector<x509::SshPublicKey>& keys,
    TimePoint now, const std::string& whose)
{
    const auto counted =
        std::count_if(keys.begin(), keys.end(), [&](const x509::SshPublicKey& key) {
            return std::any_of(trusted.signers.begin(), trusted.signers.end(),
                [&](const PolicySigner& one) { return one.key == key && one.isValidAt(now); });
        });
    if (trusted.threshold >= 1 && counted >= trusted.threshold) return {};
    return denied("it is signed by " + std::to_string(counted) + " of the " + whose + ", and " +
                  std::to_string(trusted.threshold) + " must; it was signed by " + shortList(keys));
}

Result<Accepted> checkSigned(const model::SignedManifest& relayed,
    const std::vector<model::PolicyDocument>& documents, const TrustedSigners& trusted,
    const SignedMark& last, TimePoint now)
{
    const auto keys = keysThatSigned(relayed);
    if (!keys) return keys.error();
    if (auto enough = checkThreshold(trusted, *keys, now, "policy signers"); !enough)
        return enough.error();
    // Only what was signed is read.
    const auto content = signedContentFromText(relayed.manifest);
    if (!content) return content.error();
    const SignedMark mark{content->repository, content->version, x509::sha256Hex(relayed.manifest)};
    if (!last.repository.empty() && mark.repository != last.repository)
        return denied("it is of the repository " + mark.repository + " and not of " +
                      toPrintable(last.repository, 128));
    if (mark.version < last.version)
        return denied("its version " + std::to_string(mark.version) + " is older than " +
                      std::to_string(last.version) + ", which was accepted");
    if (mark.version == last.version && mark.manifestHash != last.manifestHash)
        return denied("its version " + std::to_string(mark.version) +
                      " is another manifest than the one that was accepted");
    if (auto fits = checkSignedFiles(*content, documents, relayed.signers); !fits)
        return fits.error();
    auto signers = rotated(relayed, trusted, *keys, now);
    if (!signers) return signers.error();
    return Accepted{mark, content->expires, *std::move(signers)};
}

Status checkFresh(TimePoint expires, TimePoint now)
{
    if (now < expires) return {};
    return denied("it has expired at " + toRfc3339(expires) + ": have it signed anew");
}

} // namespace perennial::policy
