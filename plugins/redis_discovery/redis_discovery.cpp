#include "plugins/redis_discovery/redis_discovery.h"

#include "plugins/redis_discovery/tls_pairs.h"

#include <memory>

namespace perennial::plugins {

using namespace redis;

Result<Discovery> RedisDiscovery::discover()
{
    Discovery found;
    ConfigReader reader(files_, found);
    const auto configs = reader.matchesOf(config_);
    if (!configs) return configs.error().in("config");
    for (const auto& config : *configs) {
        const auto settings = reader.read(config);
        if (!settings && configs->size() == 1) return settings.error();
        if (settings)
            addPairs(*settings, found);
        else
            found.skip(settings.error().message);
    }
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeRedisDiscovery(const PluginSettings& settings)
{
    auto config = soleConfigOf(settings);
    if (!config) return config.error();
    std::unique_ptr<DiscoverySource> source = std::make_unique<RedisDiscovery>(*std::move(config));
    return source;
}

} // namespace perennial::plugins
