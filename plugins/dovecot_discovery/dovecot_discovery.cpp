#include "plugins/dovecot_discovery/dovecot_discovery.h"

#include "plugins/dovecot_discovery/tls_sites.h"

#include <memory>

namespace perennial::plugins {

Result<Discovery> DovecotDiscovery::discover()
{
    Discovery found;
    const auto configuration = dovecot::ConfigReader(files_, found).read(config_);
    if (!configuration) return configuration.error();
    for (const auto& site : dovecot::sitesOf(*configuration, found))
        addPlace(site.pair, "dovecot", site.listeners, {}, found);
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeDovecotDiscovery(const PluginSettings& settings)
{
    auto config = soleConfigOf(settings);
    if (!config) return config.error();
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<DovecotDiscovery>(*std::move(config));
    return source;
}

} // namespace perennial::plugins
