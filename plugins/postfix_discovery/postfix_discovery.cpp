#include "plugins/postfix_discovery/postfix_discovery.h"

#include "plugins/postfix_discovery/tls_services.h"

#include <map>
#include <memory>
#include <set>

namespace perennial::plugins {

using namespace postfix;

Result<Discovery> PostfixDiscovery::discover()
{
    constexpr std::size_t mostListeners = 20'000;
    Discovery found;
    ConfigFiles files(files_, {}, found.configuration);
    const auto mainFile = folder_ + "/main.cf";
    const auto masterFile = folder_ + "/master.cf";
    const auto mainText = files.enter(mainFile);
    if (!mainText) return mainText.error();
    files.leave();
    auto parameters = Parameters::from(*mainText, mainFile, found);
    if (!parameters.isSet("config_directory"))
        parameters.set("config_directory", folder_, mainFile);
    std::vector<Service> services;
    if (const auto text = files.enter(masterFile)) {
        files.leave();
        services = servicesOf(*text, masterFile, found);
    } else {
        found.skip(text.error().message);
    }
    // Many services show one pair: it is one place, with the listeners of all.
    using Paths = std::pair<std::string, std::string>;
    std::map<Paths, std::pair<service_config::NamedPair, std::set<model::Listener>>> places;
    std::size_t listeners = 0;
    for (const auto& service : tlsServicesOf(parameters, services, files, found)) {
        for (const auto& pair : service.pairs) {
            auto& place = places[{pair.certificate.path, pair.key.path}];
            if (place.first.at.empty()) place.first = pair;
            listeners += service.listeners.size();
            if (listeners > mostListeners)
                found.skip(pair.at + ": there are too many listeners");
            else
                place.second.insert(service.listeners.begin(), service.listeners.end());
        }
    }
    for (const auto& [paths, place] : places)
        addPlace(place.first, "postfix", {place.second.begin(), place.second.end()}, {}, found);
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makePostfixDiscovery(const PluginSettings& settings)
{
    auto folder = soleConfigOf(settings);
    if (!folder) return folder.error();
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<PostfixDiscovery>(*std::move(folder));
    return source;
}

} // namespace perennial::plugins
