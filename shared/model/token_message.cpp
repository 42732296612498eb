#include "shared/model/token_message.h"

#include "shared/base/json.h"

#include <algorithm>
#include <array>

namespace perennial::model {

namespace {

constexpr std::array<std::string_view, 7> verbNames = {
    "look", "make", "swap", "back", "drop", "lend", "lend_next"};
constexpr std::array<std::string_view, 3> schemeNames = {"ecdsa", "rsa-pkcs1", "rsa-pss"};
constexpr std::size_t idLimit = 256; // bytes
constexpr std::size_t keyLimit = 8192;
constexpr std::size_t reasonLimit = 1024;
constexpr std::string_view signedMark = "signed\n";
constexpr std::string_view refusedMark = "refused\n";

Result<Json> parse(std::string_view text)
{
    Json::Limits limits;
    limits.bytes = 64U << 10U;
    limits.depth = 3;
    limits.values = 20;
    return Json::parse(text, limits);
}

Json toJson(const TokenKey& key)
{
    Json json;
    json["id"] = toHex(key.id);
    json["public_key"] = toBase64(key.publicKey);
    return json;
}

Bytes idIn(JsonReader& in)
{
    const auto id = fromHex(in.string("id", 2 * idLimit));
    if (!id) in.fail("id", "is no hex");
    return id ? *id : Bytes();
}

Result<std::optional<TokenKey>> keyIn(const Json& answer, const char* member)
{
    const auto* json = answer.find(member);
    if (json == nullptr) return std::optional<TokenKey>();
    JsonReader in(*json, member);
    TokenKey key{idIn(in), {}};
    const auto publicKey = fromBase64(in.string("public_key", keyLimit));
    if (!publicKey) in.fail("public_key", "is no base64");
    if (auto status = in.finish(); !status) return status.error();
    key.publicKey = *publicKey;
    return std::optional(std::move(key));
}

} // namespace

std::string_view nameOf(TokenVerb verb) { return verbNames.at(static_cast<std::size_t>(verb)); }

std::string toJsonText(const TokenRequest& request)
{
    Json json;
    json["verb"] = nameOf(request.verb);
    json["label"] = request.label;
    json["id"] = toHex(request.id);
    json["key_type"] = request.keyType;
    return json.canonical();
}

Result<TokenRequest> tokenRequestFromJson(std::string_view text)
{
    const auto json = parse(text);
    if (!json) return json.error().in("request");
    JsonReader in(*json, "request");
    TokenRequest request;
    const auto* verb = std::find(verbNames.begin(), verbNames.end(), in.string("verb"));
    if (verb == verbNames.end()) in.fail("verb", "is unknown");
    request.verb = static_cast<TokenVerb>(verb - verbNames.begin());
    request.label = in.string("label", tokenLabelLimit);
    request.id = idIn(in);
    request.keyType = in.string("key_type");
    if (auto status = in.finish(); !status) return status.error();
    return request;
}

std::string toJsonText(const Result<TokenKeys>& answer)
{
    Json json{Json::Object()};
    if (!answer) {
        json["refused"] = toPrintable(answer.error().message, reasonLimit);
        json["kind"] = nameOf(answer.error().kind);
        return json.canonical();
    }
    if (answer->live) json["live"] = toJson(*answer->live);
    if (answer->next) json["next"] = toJson(*answer->next);
    if (answer->previous) json["previous"] = toJson(*answer->previous);
    return json.canonical();
}

Result<TokenKeys> tokenAnswerFromJson(std::string_view text)
{
    const auto json = parse(text);
    if (!json) return json.error().in("answer");
    JsonReader in(*json, "answer");
    if (const auto refused = in.optionalString("refused", reasonLimit)) {
        const auto kind = errorKindOf(in.string("kind"));
        if (!kind) in.fail("kind", "is none");
        if (auto status = in.finish(); !status) return status.error();
        return Error{*kind, toPrintable(*refused)};
    }
    TokenKeys keys;
    const std::array<std::pair<const char*, std::optional<TokenKey>*>, 3> members = {
        {{"live", &keys.live}, {"next", &keys.next}, {"previous", &keys.previous}}};
    for (const auto& [member, key] : members) {
        if (json->find(member) != nullptr) (void)in.value(member);
        auto read = keyIn(*json, member);
        if (!read) return read.error().in("answer");
        *key = *std::move(read);
    }
    if (auto status = in.finish(); !status) return status.error();
    return keys;
}

std::string encodeSignatureWanted(const x509::DigestToSign& wanted)
{
    std::string text(schemeNames.at(static_cast<std::size_t>(wanted.scheme)));
    return text.append("\n").append(wanted.digest);
}

Result<x509::DigestToSign> decodeSignatureWanted(std::string_view text)
{
    const auto end = text.find('\n');
    const auto* scheme = std::find(schemeNames.begin(), schemeNames.end(), text.substr(0, end));
    if (end == std::string_view::npos || scheme == schemeNames.end())
        return Error{ErrorKind::InvalidInput, "no scheme of a signature"};
    const auto digest = text.substr(end + 1);
    if (digest.size() != 32 && digest.size() != 48 && digest.size() != 64)
        return Error{ErrorKind::InvalidInput, "no digest of SHA-2"};
    return x509::DigestToSign{
        static_cast<x509::SignatureScheme>(scheme - schemeNames.begin()), digest};
}

std::string encodeSignature(const Result<Bytes>& signature)
{
    if (signature) return std::string(signedMark).append(*signature);
    return std::string(refusedMark).append(toPrintable(signature.error().message, reasonLimit));
}

Result<Bytes> decodeSignature(std::string_view text)
{
    if (text.starts_with(signedMark) && text.size() <= keyLimit)
        return Bytes(text.substr(signedMark.size()));
    if (!text.starts_with(refusedMark))
        return Error{ErrorKind::InvalidInput, "no signature and no reason"};
    return Error{ErrorKind::PermissionDenied,
        "the token signs nothing: " + toPrintable(text.substr(refusedMark.size()), reasonLimit)};
}

} // namespace perennial::model
