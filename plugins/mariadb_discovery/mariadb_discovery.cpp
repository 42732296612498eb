#include "plugins/mariadb_discovery/mariadb_discovery.h"

#include "plugins/mariadb_discovery/server_pair.h"

#include <memory>

namespace perennial::plugins {

using namespace mariadb;

Result<Discovery> MariadbDiscovery::discover()
{
    Discovery found;
    const auto options = OptionReader(files_, found, settings_.groups).read(settings_.config);
    if (!options) return options.error();
    addServer(*options, found);
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeMariadbDiscovery(const PluginSettings& settings)
{
    auto rest = settings;
    std::vector<std::string> groups;
    if (const auto named = rest.find("groups"); named != rest.end()) {
        groups = linesOf(named->second);
        rest.erase(named);
    }
    auto config = soleConfigOf(rest);
    if (!config) return config.error();
    std::unique_ptr<DiscoverySource> source = std::make_unique<MariadbDiscovery>(
        MariadbDiscovery::Settings{*std::move(config), std::move(groups)});
    return source;
}

} // namespace perennial::plugins
