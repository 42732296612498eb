#include "agent/enroller/kept_request.h"

#include "shared/base/encoding.h"
#include "shared/base/json.h"
#include "shared/x509/signing_request.h"

namespace perennial::agent {

namespace {

constexpr std::size_t fileLimit = 256U << 10U;

} // namespace

std::string keptRequestFile(const std::string& keyFile) { return keyFile + ".request"; }

Result<std::optional<KeptRequest>> readKeptRequest(
    const FileSystem& files, const std::string& keyFile)
{
    const auto file = keptRequestFile(keyFile);
    const auto text = files.read(file, fileLimit);
    if (!text && text.error().kind == ErrorKind::NotFound) return std::optional<KeptRequest>();
    if (!text) return text.error();
    const auto json = Json::parse(*text);
    if (!json) return json.error().in(file);
    JsonReader in(*json, file);
    KeptRequest kept;
    kept.policyUrl = in.string("policy_url", 4096);
    kept.templateName = in.string("template");
    kept.name = in.string("name");
    const auto request = fromBase64(in.string("request", fileLimit));
    if (!request) in.fail("request", request.error().message);
    kept.prepared.namesSupplied = in.boolean("names_supplied");
    kept.ticket = in.optionalString("ticket", 8192).value_or("");
    if (auto status = in.finish(); !status) return status.error();
    kept.prepared.request = *request;
    return std::optional(std::move(kept));
}

Status keepRequest(FileSystem& files, const std::string& keyFile, const KeptRequest& kept)
{
    Json json;
    json["policy_url"] = kept.policyUrl;
    json["template"] = kept.templateName;
    json["name"] = kept.name;
    json["request"] = toBase64(kept.prepared.request);
    json["names_supplied"] = kept.prepared.namesSupplied;
    if (!kept.ticket.empty()) json["ticket"] = kept.ticket;
    return files.replace(keptRequestFile(keyFile), json.canonical() + "\n", {0600, {}, {}});
}

} // namespace perennial::agent
