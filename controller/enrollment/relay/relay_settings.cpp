#include "controller/enrollment/relay/relay_settings.h"

namespace perennial::enrollment::server {

RelaySettings readRelay(yaml::Reader in)
{
    RelaySettings settings;
    settings.url = in.text("url");
    if (!in.failed() && settings.url.rfind("https://", 0) != 0)
        in.fail("url", "must begin with https://");
    settings.trustFile = in.absolutePath("trust_file");
    settings.authorityFile = in.absolutePath("authority_file");
    settings.timeLimit = in.durationOr("time_limit", Duration(30));
    if (!in.failed() && (settings.timeLimit < Duration(1) || settings.timeLimit > Duration(300)))
        in.fail("time_limit", "must be between 1s and 5m");
    if (in.has("user") == in.has("certificate_file")) {
        in.fail("user", "give either user and password_file or certificate_file and key_file");
        return settings;
    }
    if (in.has("user")) {
        settings.user = in.text("user");
        settings.passwordFile = in.absolutePath("password_file");
    } else {
        settings.certificateFile = in.absolutePath("certificate_file");
        settings.keyFile = in.absolutePath("key_file");
    }
    return settings;
}

} // namespace perennial::enrollment::server
