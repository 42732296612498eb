#include "plugins/apache_discovery/apache_discovery.h"
#include "plugins/builtin_plugins.h"
#include "plugins/files_discovery/files_discovery.h"
#include "plugins/haproxy_discovery/haproxy_discovery.h"
#include "plugins/key_store_discovery/key_store_discovery.h"
#include "plugins/listeners_discovery/listeners_discovery.h"
#include "plugins/nginx_discovery/nginx_discovery.h"

namespace perennial::plugins {

Status registerDiscoverySources(PluginRegistry& registry)
{
    if (auto status = registry.addDiscoverySource("nginx", makeNginxDiscovery); !status)
        return status;
    if (auto status = registry.addDiscoverySource("apache", makeApacheDiscovery); !status)
        return status;
    if (auto status = registry.addDiscoverySource("haproxy", makeHaproxyDiscovery); !status)
        return status;
    if (auto status = registry.addDiscoverySource("files", makeFilesDiscovery); !status)
        return status;
    if (auto status = registry.addDiscoverySource("key_store", makeKeyStoreDiscovery); !status)
        return status;
    return registry.addDiscoverySource("listeners", makeListenersDiscovery);
}

} // namespace perennial::plugins
