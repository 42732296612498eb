#include "controller/enrollment/authentication/directory_settings.h"

#include "shared/ldap/connection.h"

namespace perennial::enrollment::server {

namespace {

bool holds(const std::string& text, const char* part)
{
    return text.find(part) != std::string::npos;
}

std::vector<std::string> readServers(yaml::Reader& in)
{
    auto servers = in.texts("servers");
    if (!in.failed() && servers.empty()) in.fail("servers", "needs a server");
    for (const auto& server : servers) {
        if (server.rfind("ldaps://", 0) != 0 || server.size() < 9 ||
            server.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789.:-[]",
                8) != std::string::npos)
            in.fail("servers", "are written ldaps://host or ldaps://host:port");
    }
    return servers;
}

Duration readTimeout(yaml::Reader& in, const std::string& key, Duration otherwise)
{
    const auto value = in.durationOr(key, otherwise);
    if (value < Duration(1) || value > Duration(60)) in.fail(key, "is between 1s and 1m");
    return value;
}

std::string readAttribute(yaml::Reader& in, const std::string& key)
{
    auto attribute = in.textOr(key, "");
    if (attribute.size() > 64 ||
        attribute.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789-.") != std::string::npos)
        in.fail(key, "is the name of an attribute, such as mail");
    return attribute;
}

DirectorySettings::Search::Principals readPrincipals(yaml::Reader in)
{
    DirectorySettings::Search::Principals principals{
        readAttribute(in, "attribute"), in.booleanOr("with_realm", false)};
    if (!in.failed() && principals.attribute.empty())
        in.fail("attribute", "is the attribute that holds the principal, such as krbPrincipalName");
    return principals;
}

DirectorySettings::Search readSearch(yaml::Reader in)
{
    DirectorySettings::Search search{in.text("base"), in.text("filter"), in.text("bind_dn"),
        in.absolutePath("password_file"), std::nullopt};
    if (in.has("principals")) search.principals = readPrincipals(in.mapping("principals"));
    if (!in.failed() && (!holds(search.filter, "{user}") || search.filter.front() != '('))
        in.fail("filter", "looks like (uid={user})");
    return search;
}

DirectorySettings::Groups readGroups(yaml::Reader in)
{
    DirectorySettings::Groups groups{in.text("base"), in.text("filter"), in.textOr("name", "cn")};
    if (!in.failed() && (groups.filter.front() != '(' ||
                            (!holds(groups.filter, "{dn}") && !holds(groups.filter, "{user}"))))
        in.fail("filter", "looks like (member={dn}) or (memberUid={user})");
    return groups;
}

DirectorySettings::Names readNames(yaml::Reader in)
{
    return {readAttribute(in, "dns"), readAttribute(in, "upn"), readAttribute(in, "email"),
        readAttribute(in, "sid")};
}

} // namespace

std::optional<DirectorySettings> readDirectory(yaml::Reader& config)
{
    auto section = config.optionalMapping("directory");
    if (!section) return std::nullopt;
    auto& in = *section;
    DirectorySettings settings;
    settings.servers = readServers(in);
    settings.trustFile = in.absolutePath("trust_file");
    settings.connectTimeout = readTimeout(in, "connect_timeout", settings.connectTimeout);
    settings.answerTimeout = readTimeout(in, "answer_timeout", settings.answerTimeout);
    settings.userDn = in.textOr("user_dn", "");
    if (in.has("search")) settings.search = readSearch(in.mapping("search"));
    if (in.has("groups")) settings.groups = readGroups(in.mapping("groups"));
    if (in.has("names")) settings.names = readNames(in.mapping("names"));
    settings.nameAttribute = in.textOr("name", "uid");
    if (!in.failed() && settings.userDn.empty() == !settings.search)
        in.fail("user_dn", "give either user_dn or search");
    if (!in.failed() && !settings.userDn.empty() && !holds(settings.userDn, "={user},"))
        in.fail("user_dn", "looks like uid={user},ou=people,dc=example,dc=test");
    return settings;
}

std::string filledIn(std::string text, const std::string& key, const std::string& value)
{
    const auto place = "{" + key + "}";
    const auto escaped = ldap::escapedValue(value);
    for (auto at = text.find(place); at != std::string::npos;
         at = text.find(place, at + escaped.size()))
        text.replace(at, place.size(), escaped);
    return text;
}

} // namespace perennial::enrollment::server
