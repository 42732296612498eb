#include "plugins/builtin_plugins.h"
#include "plugins/nginx_discovery/nginx_discovery.h"

namespace perennial::plugins {

Status registerDiscoverySources(PluginRegistry& registry)
{
    return registry.addDiscoverySource("nginx", makeNginxDiscovery);
}

} // namespace perennial::plugins
