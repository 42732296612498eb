#include "controller/enrollment/web/web_settings.h"

#include "controller/enrollment/web/parameters.h"

namespace perennial::enrollment::server {

namespace {

using xcep::ClientAuthentication;

AuthenticationSettings method(ClientAuthentication wanted)
{
    AuthenticationSettings settings;
    settings.method = wanted;
    return settings;
}

} // namespace

std::optional<WebEnrollmentSettings> readWebEnrollment(yaml::Reader& config)
{
    auto in = config.optionalMapping("web_enrollment");
    if (!in) return std::nullopt;
    WebEnrollmentSettings settings;
    for (const auto& word : in->texts("authentication")) {
        if (word == "username-password")
            settings.password = method(ClientAuthentication::UsernamePassword);
        else if (word == "certificate")
            settings.certificate = method(ClientAuthentication::Certificate);
        else if (word == "kerberos")
            settings.kerberos = method(ClientAuthentication::Kerberos);
        else
            in->fail("authentication", "is a list of username-password, certificate, kerberos");
    }
    if (!in->failed() && !settings.password && !settings.certificate && !settings.kerberos)
        in->fail("authentication", "needs at least one way to prove who calls");
    if (in->has("channel_binding") && !settings.kerberos)
        in->fail("channel_binding", "is for authentication: [kerberos]");
    const bool required =
        in->oneOfOr("channel_binding", {"required", "optional"}, "required") == "required";
    if (settings.kerberos) settings.kerberos->channelBindingRequired = required;
    if (in->has("passwords") && !settings.password)
        in->fail("passwords", "is for authentication: [username-password]");
    const bool asksDirectory =
        in->oneOfOr("passwords", {"users", "directory"}, "users") == "directory";
    if (settings.password && asksDirectory)
        settings.password->passwords = PasswordSource::Directory;
    return settings;
}

bool isWebEnrollmentPath(const std::string& path)
{
    const auto comparable = web::lowered(path);
    return comparable == "/certsrv" || comparable.rfind("/certsrv/", 0) == 0;
}

} // namespace perennial::enrollment::server
