#include "plugins/tomcat_discovery/tomcat_discovery.h"

#include "plugins/tomcat_discovery/tls_hosts.h"

#include "shared/base/file_traits.h"
#include "shared/enrollment/soap/xml_reader.h"

#include <filesystem>
#include <memory>

namespace perennial::plugins {

namespace fs = std::filesystem;
using namespace tomcat;

Result<Discovery> TomcatDiscovery::discover()
{
    const auto resolved = resolveLinks(settings_.config); // Debian's conf is a link
    if (!resolved) return resolved.error();
    const auto xml = files_.read(*resolved, enrollment::soap::XmlLimits{}.bytes);
    if (!xml) return xml.error();
    auto base = settings_.base;
    if (base.empty()) base = fs::path(settings_.config).parent_path().parent_path().string();
    const auto connectors = connectorsOf(*xml, settings_.config, base);
    if (!connectors) return connectors.error();
    Discovery found;
    found.configuration = {settings_.config};
    for (const auto& connector : *connectors)
        addConnector(connector, {base, settings_.passwordFile}, found);
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeTomcatDiscovery(const PluginSettings& settings)
{
    TomcatDiscovery::Settings made;
    for (const auto& [key, value] : settings) {
        if (key != "config" && key != "base" && key != "password_file")
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        if (!value.starts_with('/') || value.find('\n') != std::string::npos)
            return Error{ErrorKind::InvalidInput, key + ": must be an absolute path"};
        if (key == "config") made.config = value;
        if (key == "base") made.base = value;
        if (key == "password_file") made.passwordFile = value;
    }
    if (made.config.empty()) return Error{ErrorKind::InvalidInput, "config: is missing"};
    std::unique_ptr<DiscoverySource> source = std::make_unique<TomcatDiscovery>(std::move(made));
    return source;
}

} // namespace perennial::plugins
