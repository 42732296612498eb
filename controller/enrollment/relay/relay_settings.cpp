#include "controller/enrollment/relay/relay_settings.h"

namespace perennial::enrollment::server {

namespace {

std::string readAddress(yaml::Reader& in, const std::string& key)
{
    auto url = in.text(key);
    if (!in.failed() && url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0)
        in.fail(key, "must begin with http:// or https://");
    return url;
}

ListSettings readLists(yaml::Reader in)
{
    ListSettings settings;
    settings.baseUrl = readAddress(in, "base");
    if (in.has("delta")) settings.deltaUrl = readAddress(in, "delta");
    settings.interval = in.durationOr("interval", settings.interval);
    settings.longestAge = in.durationOr("longest_age", settings.longestAge);
    if (in.failed()) return settings;
    if (settings.interval < Duration(1) || settings.interval > std::chrono::hours(24))
        in.fail("interval", "must be between 1s and 1d");
    if (settings.longestAge < settings.interval || settings.longestAge > std::chrono::days(30))
        in.fail("longest_age", "must be between interval and 30d");
    return settings;
}

} // namespace

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
    if (auto lists = in.optionalMapping("revocation_lists")) settings.lists = readLists(*lists);
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
