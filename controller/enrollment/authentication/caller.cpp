#include "controller/enrollment/authentication/caller.h"

#include <algorithm>

namespace perennial::enrollment::server {

bool isCallerName(const std::string& name)
{
    constexpr std::size_t limit = 128;
    return !name.empty() && name.size() <= limit &&
           std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

std::string toText(const AccountNames& names)
{
    Json json;
    json["dns"] = names.dns;
    json["upn"] = names.upn;
    json["email"] = names.email;
    json["sid"] = names.sid;
    if (names.lacksSid) json["lacks_sid"] = true;
    return json.canonical();
}

Result<AccountNames> accountNamesOf(const std::string& text)
{
    const auto json = Json::parse(text);
    if (!json) return json.error();
    JsonReader in(*json, "names of an account");
    AccountNames names{in.string("dns"), in.string("upn"), in.string("email"), in.string("sid"),
        in.optionalBoolean("lacks_sid", false)};
    if (auto read = in.finish(); !read) return read.error();
    return names;
}

std::string rightsText(const Caller& caller)
{
    Json json;
    json["groups"] = Json::Array(caller.groups.begin(), caller.groups.end());
    json["certificate"] = caller.certificate ? caller.certificate->serial() : "";
    return json.canonical();
}

Status addRights(Caller& caller, const std::string& text, EnrollmentStore& store)
{
    if (text.empty()) return {};
    const auto json = Json::parse(text);
    if (!json) return json.error();
    JsonReader in(*json, "rights of a caller");
    const auto groups = in.strings("groups");
    const auto serial = in.string("certificate");
    if (auto read = in.finish(); !read) return read.error();
    caller.groups = {groups.begin(), groups.end()};
    if (serial.empty()) return {};
    const auto known = store.findCertificate(serial);
    if (!known) return known.error();
    if (!*known || (*known)->revoked) return {};
    auto certificate = x509::Certificate::fromDer((*known)->der);
    if (!certificate) return certificate.error();
    caller.certificate = *std::move(certificate);
    return {};
}

} // namespace perennial::enrollment::server
