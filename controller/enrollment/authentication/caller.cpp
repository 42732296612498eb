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

} // namespace perennial::enrollment::server
