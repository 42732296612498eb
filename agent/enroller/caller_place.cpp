#include "agent/enroller/caller_place.h"

#include <array>

namespace perennial::agent {

namespace {

using Kind = CredentialSource::Kind;

constexpr std::size_t pathLimit = 4096;
constexpr std::array<std::pair<const char*, Kind>, 3> passwordMembers = {
    {{"password_file", Kind::File}, {"password_credential", Kind::Service},
        {"password_key", Kind::Keyring}}};

} // namespace

void writeCaller(const CallerPlace& caller, Json& json)
{
    for (const auto& [member, value] :
        {std::pair("user", &caller.user), std::pair("principal", &caller.principal),
            std::pair("keytab_file", &caller.keytabFile),
            std::pair("credentials_folder", &caller.credentialsFolder)}) {
        if (!value->empty()) json[member] = *value;
    }
    for (const auto& [member, kind] : passwordMembers) {
        if (caller.password && caller.password->kind == kind) json[member] = caller.password->name;
    }
}

CallerPlace readCaller(JsonReader& in)
{
    CallerPlace caller;
    for (const auto& [member, kind] : passwordMembers) {
        const auto name = in.optionalString(member, pathLimit);
        if (name && caller.password) in.fail(member, "is one too many");
        if (name) caller.password = CredentialSource{kind, *name};
    }
    caller.credentialsFolder = in.optionalString("credentials_folder", pathLimit).value_or("");
    caller.principal = in.optionalString("principal").value_or("");
    caller.keytabFile = in.optionalString("keytab_file", pathLimit).value_or("");
    caller.user = in.optionalString("user").value_or("");
    if (caller.principal.empty() != caller.keytabFile.empty())
        in.fail("principal", "comes with keytab_file");
    if (caller.user.empty() == caller.password.has_value())
        in.fail("user", "comes with the place of its password");
    if (caller.user.empty() == caller.principal.empty())
        in.fail("user", "or \"principal\", one of them, says who asks");
    return caller;
}

Result<FirstCaller> callerAt(const CallerPlace& place)
{
    if (!place.password) return FirstCaller(KerberosCaller{place.principal, place.keytabFile});
    auto password = readCredential(*place.password, place.credentialsFolder);
    if (!password) return password.error();
    return FirstCaller(PasswordCaller{place.user, *std::move(password)});
}

} // namespace perennial::agent
