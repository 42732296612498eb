#include "plugins/rsyslog_discovery/rsyslog_discovery.h"

#include "plugins/rsyslog_discovery/tls_pairs.h"

#include <memory>

namespace perennial::plugins {

using namespace rsyslog;

Result<Discovery> RsyslogDiscovery::discover()
{
    Discovery found;
    const auto settings = ConfigReader(files_, found).read(config_);
    if (!settings) return settings.error();
    addPairs(*settings, found);
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeRsyslogDiscovery(const PluginSettings& settings)
{
    auto config = soleConfigOf(settings);
    if (!config) return config.error();
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<RsyslogDiscovery>(*std::move(config));
    return source;
}

} // namespace perennial::plugins
