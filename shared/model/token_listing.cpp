#include "shared/model/token_listing.h"

#include "shared/base/json.h"

namespace perennial::model {

namespace {

constexpr std::size_t labelLimit = 1024;
constexpr std::size_t keyLimit = 8192;
constexpr std::size_t mostRemarks = 200;

Bytes bytesIn(JsonReader& in, const char* member, std::size_t limit)
{
    const auto bytes = fromBase64(in.string(member, (limit * 4 + 8) / 3));
    if (!bytes) in.fail(member, "is no base64");
    return bytes ? *bytes : Bytes();
}

Result<TokenCertificate> certificateFromJson(const Json& json)
{
    JsonReader in(json, "certificate");
    TokenCertificate one;
    one.token = bytesIn(in, "token", labelLimit);
    one.label = bytesIn(in, "label", labelLimit);
    one.id = bytesIn(in, "id", labelLimit);
    one.certificate = bytesIn(in, "certificate", TokenListing::certificateLimit);
    one.publicKey = bytesIn(in, "public_key", keyLimit);
    one.privateKey = in.boolean("private_key");
    if (auto status = in.finish(); !status) return status.error();
    return one;
}

} // namespace

// Labels need not be UTF-8: all are base64.
std::string toJsonText(const TokenListing& listing)
{
    Json json;
    json["certificates"] = Json(Json::Array());
    json["remarks"] = Json(Json::Array());
    for (const auto& one : listing.certificates) {
        Json object;
        object["token"] = toBase64(one.token);
        object["label"] = toBase64(one.label);
        object["id"] = toBase64(one.id);
        object["certificate"] = toBase64(one.certificate);
        object["public_key"] = toBase64(one.publicKey);
        object["private_key"] = one.privateKey;
        json["certificates"].push(std::move(object));
    }
    for (const auto& remark : listing.remarks)
        json["remarks"].push(Json(toPrintable(remark)));
    return json.canonical();
}

Result<TokenListing> tokenListingFromJson(std::string_view text)
{
    Json::Limits limits;
    limits.bytes = TokenListing::textLimit;
    limits.depth = 4;
    const auto json = Json::parse(text, limits);
    if (!json) return json.error().in("listing");
    JsonReader in(*json, "listing");
    TokenListing listing;
    listing.remarks = in.strings("remarks", mostRemarks);
    const auto& certificates = in.array("certificates", TokenListing::mostCertificates);
    if (auto status = in.finish(); !status) return status.error();
    for (const auto& one : certificates) {
        auto certificate = certificateFromJson(one);
        if (!certificate) return certificate.error().in("listing");
        listing.certificates.push_back(*std::move(certificate));
    }
    return listing;
}

} // namespace perennial::model
