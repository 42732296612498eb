#include "shared/protocol/agent_messages.h"
#include "shared/protocol/member_reading.h"

namespace perennial::protocol {

namespace {

std::string readPath(JsonReader& in, const std::string& member)
{
    auto path = in.string(member, 200);
    if (!model::isDocumentPath(path)) in.fail(member, "is not the path of a policy document");
    return path;
}

Json manifestJson(const model::PolicyManifest& manifest)
{
    Json json;
    json["commit"] = manifest.commit;
    json["version"] = manifest.version;
    json["committed_at"] = toRfc3339(manifest.committedAt);
    json["expires"] = toRfc3339(manifest.expires);
    json["files"] = toObject(manifest.files);
    return json;
}

bool isSha256(const std::string& text)
{
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<model::PolicyManifest> readManifest(const Json& json)
{
    JsonReader in(json, "manifest");
    model::PolicyManifest manifest;
    manifest.commit = readHex(in, "commit", 40);
    manifest.version = in.integer("version");
    if (manifest.version < 1) in.fail("version", "must be at least 1");
    manifest.committedAt = readTime(in, "committed_at");
    manifest.expires = readTime(in, "expires");
    manifest.files = in.stringMap("files", documentsLimit);
    for (const auto& [path, hash] : manifest.files) {
        if (!model::isDocumentPath(path)) in.fail("files", "has a path that is not allowed");
        if (!isSha256(hash)) in.fail("files", "has a hash that is no SHA-256 in lower-case hex");
    }
    if (auto status = in.finish(); !status) return status.error();
    return manifest;
}

Result<model::PolicyDocument> readDocument(const Json& json)
{
    JsonReader in(json, "document");
    model::PolicyDocument document;
    document.path = readPath(in, "path");
    document.content = in.string("content", documentLimit);
    if (auto status = in.finish(); !status) return status.error();
    return document;
}

Json signedJson(const model::SignedManifest& manifest)
{
    Json json;
    json["manifest"] = manifest.manifest;
    json["signatures"] = toObject(manifest.signatures);
    json["signers"] = manifest.signers;
    return json;
}

// What it says is for whoever checks the signatures: here it is text.
Result<model::SignedManifest> readSigned(const Json& json)
{
    JsonReader in(json, "signed_manifest");
    model::SignedManifest manifest;
    manifest.manifest = in.string("manifest", documentLimit);
    manifest.signatures = in.stringMap("signatures", signaturesLimit);
    manifest.signers = in.string("signers", 64U << 10U);
    if (auto status = in.finish(); !status) return status.error();
    return manifest;
}

} // namespace

Json toJson(const Documents& documents)
{
    Json json;
    putVersion(json);
    json["manifest"] = manifestJson(documents.manifest);
    Json::Array list;
    for (const auto& document : documents.documents)
        list.emplace_back(Json::Object{{"path", document.path}, {"content", document.content}});
    json["documents"] = std::move(list);
    if (documents.signedManifest) json["signed_manifest"] = signedJson(*documents.signedManifest);
    json["labels"] = toObject(documents.labels);
    return json;
}

Result<Documents> documentsFromJson(const Json& json)
{
    JsonReader in(json, "documents");
    readVersion(in);
    const Json& manifest = in.value("manifest");
    const auto& list = in.array("documents", documentsLimit);
    const auto* signedPart = json.find("signed_manifest");
    if (signedPart != nullptr) (void)in.value("signed_manifest");
    Documents documents;
    documents.labels = readLabels(in, "labels");
    if (auto status = in.finish(); !status) return status.error();
    auto read = readManifest(manifest);
    if (!read) return read.error().in("documents");
    documents.manifest = *std::move(read);
    if (signedPart != nullptr) {
        auto relayed = readSigned(*signedPart);
        if (!relayed) return relayed.error().in("documents");
        documents.signedManifest = *std::move(relayed);
    }
    for (const auto& element : list) {
        auto document = readDocument(element);
        if (!document) return document.error().in("documents");
        documents.documents.push_back(*std::move(document));
    }
    return documents;
}

} // namespace perennial::protocol
