#include "plugins/openldap_discovery/tls_pair.h"

namespace perennial::plugins::openldap {

std::optional<service_config::NamedPair> tlsPairOf(const Settings& settings, Discovery& found)
{
    const auto certificate = settings.find("tlscertificatefile");
    const auto key = settings.find("tlscertificatekeyfile");
    if (certificate == settings.end() && key == settings.end()) return std::nullopt;
    if (certificate == settings.end() || key == settings.end()) {
        const auto& half = (key == settings.end() ? certificate : key)->second;
        found.skip(half.at + ": " + half.name + " without its other half: slapd speaks no TLS");
        return std::nullopt;
    }
    for (const auto* value : {&certificate->second, &key->second}) {
        if (value->text.empty() || value->text.starts_with('/')) continue;
        found.skip(value->at + ": " + value->name + " is relative to where slapd is started");
        return std::nullopt;
    }
    const auto& named = certificate->second;
    return service_config::NamedPair{
        named.at, "/", {named.name, named.text}, {key->second.name, key->second.text}};
}

} // namespace perennial::plugins::openldap
