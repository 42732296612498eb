#include "controller/enrollment/authentication/authentication_settings.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

using xcep::ClientAuthentication;

std::set<std::string> readGroups(yaml::Reader& in)
{
    const auto groups = in.textsOr("groups", {});
    return {groups.begin(), groups.end()};
}

void readRealms(yaml::Reader& in, PrincipalNames& names)
{
    bool someShort = false;
    for (auto& entry : in.optionalMappings("realms")) {
        PrincipalNames::Realm realm{entry.text("realm"), entry.booleanOr("short_names", false),
            readGroups(entry), entry.booleanOr("directory", false)};
        if (realm.shortNames && someShort)
            entry.fail("short_names", "is for one realm: two users could get one name");
        someShort = someShort || realm.shortNames;
        names.realms.push_back(std::move(realm));
    }
}

void readPrincipals(yaml::Reader& in, PrincipalNames& names)
{
    for (auto& entry : in.optionalMappings("principals")) {
        PrincipalNames::Principal principal{
            entry.text("principal"), "", readGroups(entry), entry.booleanOr("directory", false)};
        principal.name = entry.textOr("name", principal.principal);
        if (!entry.failed() && principal.principal.find('@') == std::string::npos)
            entry.fail("principal", "needs its realm: name@REALM");
        if (!entry.failed() && !isCallerName(principal.name))
            entry.fail("name", "holds visible ASCII characters, 128 at most");
        names.principals.push_back(std::move(principal));
    }
}

} // namespace

AuthenticationSettings readAuthentication(yaml::Reader& in)
{
    AuthenticationSettings settings;
    const auto word = in.oneOf("authentication", {"username-password", "certificate", "kerberos"});
    settings.method = word == "certificate" ? ClientAuthentication::Certificate
                      : word == "kerberos"  ? ClientAuthentication::Kerberos
                                            : ClientAuthentication::UsernamePassword;
    settings.keyBasedRenewal = in.booleanOr("key_based_renewal", false);
    if (!in.failed() && settings.keyBasedRenewal &&
        settings.method != ClientAuthentication::Certificate)
        in.fail("key_based_renewal", "needs authentication: certificate");
    if (in.has("channel_binding") && settings.method != ClientAuthentication::Kerberos)
        in.fail("channel_binding", "is for authentication: kerberos");
    settings.channelBindingRequired =
        in.oneOfOr("channel_binding", {"required", "optional"}, "required") == "required";
    if (in.has("passwords") && settings.method != ClientAuthentication::UsernamePassword)
        in.fail("passwords", "is for authentication: username-password");
    if (in.oneOfOr("passwords", {"users", "directory"}, "users") == "directory")
        settings.passwords = PasswordSource::Directory;
    return settings;
}

std::optional<KerberosSettings> readKerberos(yaml::Reader& config)
{
    auto section = config.optionalMapping("kerberos");
    if (!section) return std::nullopt;
    KerberosSettings settings;
    settings.keytabFile = section->absolutePath("keytab_file");
    readPrincipals(*section, settings.names);
    readRealms(*section, settings.names);
    if (!section->failed() && settings.names.principals.empty() && settings.names.realms.empty())
        section->fail("realms", "without realms and principals nobody can come in");
    return settings;
}

} // namespace perennial::enrollment::server
