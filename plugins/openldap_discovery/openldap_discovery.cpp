#include "plugins/openldap_discovery/openldap_discovery.h"

#include "plugins/openldap_discovery/tls_pair.h"

#include "shared/base/file_traits.h"

#include <memory>

namespace perennial::plugins {

using namespace openldap;

namespace {

constexpr std::size_t shortFile = 64U << 10U;

} // namespace

// slapd writes its command line into its args file when it starts, and removes it when it ends.
ListenUrls OpenldapDiscovery::listenUrls(const std::string& argsFile, Discovery& found) const
{
    if (!settings_.urls.empty()) return {settings_.urls, false, "urls"};
    const auto read = [&](const std::string& file) -> Result<std::string> {
        const auto resolved = resolveLinks(file);
        if (!resolved) return resolved.error();
        return files_.read(*resolved, shortFile);
    };
    if (argsFile.starts_with('/')) {
        const auto commandLine = read(argsFile);
        if (commandLine) {
            auto urls = urlsOfCommandLine(*commandLine);
            urls.at = argsFile;
            return urls;
        }
        if (commandLine.error().kind != ErrorKind::NotFound)
            found.skip(commandLine.error().message);
    }
    const auto defaults = read(settings_.defaults);
    if (defaults) return urlsOfDefaults(*defaults, settings_.defaults, found);
    found.skip(settings_.config + ": where slapd listens is not known: neither its args file nor " +
               settings_.defaults + " can be read");
    return {};
}

Result<Discovery> OpenldapDiscovery::discover()
{
    Discovery found;
    const auto settings = ConfigReader(files_, found).read(settings_.config);
    if (!settings) return settings.error();
    const auto pair = tlsPairOf(*settings, found);
    if (!pair) return found;
    const auto written = settings->find("argsfile");
    const auto urls =
        listenUrls(written == settings->end() ? std::string() : written->second.text, found);
    service_config::addPlace(*pair, "openldap", listenersOf(urls, found), {}, found);
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeOpenldapDiscovery(const PluginSettings& settings)
{
    OpenldapDiscovery::Settings made;
    for (const auto& [key, value] : settings) {
        if (key == "urls") {
            made.urls = linesOf(value);
            continue;
        }
        if (key != "config" && key != "defaults")
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        if (!value.starts_with('/'))
            return Error{ErrorKind::InvalidInput, key + ": must be an absolute path"};
        (key == "config" ? made.config : made.defaults) = value;
    }
    if (made.config.empty()) return Error{ErrorKind::InvalidInput, "config: is missing"};
    std::unique_ptr<DiscoverySource> source = std::make_unique<OpenldapDiscovery>(std::move(made));
    return source;
}

} // namespace perennial::plugins
