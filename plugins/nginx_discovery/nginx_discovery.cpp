#include "plugins/nginx_discovery/nginx_discovery.h"

#include "plugins/nginx_discovery/tls_listeners.h"
#include "shared/service_config/named_pair.h"

#include <filesystem>
#include <memory>

namespace perennial::plugins {

namespace fs = std::filesystem;
using namespace nginx;

namespace {

void addPlaces(const std::vector<CertificatePair>& pairs,
    const std::vector<model::Listener>& listeners, const std::string& folder, Discovery& found)
{
    for (const auto& pair : pairs) {
        const service_config::NamedPair named{placeOf(*pair.certificate), folder,
            {pair.certificate->name, pair.certificate->arguments.front()},
            {pair.key->name, pair.key->arguments.front()}};
        addPlace(named, "nginx", listeners, {}, found);
    }
}

} // namespace

Result<Discovery> NginxDiscovery::discover()
{
    Discovery found;
    const auto root = ConfigReader(files_, found).read(config_);
    if (!root) return root.error();
    const auto folder = fs::path(config_).parent_path().string();
    const auto servers = serversOf(*root, found);
    for (const auto& group : servers.groups) {
        const auto listeners = listenersOf(group, found);
        for (std::size_t i = 0; i < group.size(); ++i)
            addPlaces(group[i].pairs, listeners[i], folder, found);
    }
    addPlaces(servers.clientPairs, {}, folder, found);
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeNginxDiscovery(const PluginSettings& settings)
{
    fs::path config;
    fs::path prefix;
    for (const auto& [key, value] : settings) {
        if (key != "config" && key != "prefix")
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        (key == "config" ? config : prefix) = value;
    }
    if (config.empty()) return Error{ErrorKind::InvalidInput, "config: is missing"};
    if (!prefix.empty() && prefix.is_relative())
        return Error{ErrorKind::InvalidInput, "prefix: must be an absolute path"};
    if (config.is_relative() && prefix.empty())
        return Error{
            ErrorKind::InvalidInput, "config: must be an absolute path, or relative to a prefix"};
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<NginxDiscovery>((prefix / config).string());
    return source;
}

} // namespace perennial::plugins
