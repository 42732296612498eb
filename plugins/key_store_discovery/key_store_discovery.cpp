#include "plugins/key_store_discovery/key_store_discovery.h"

#include "shared/model/identifiers.h"

#include <memory>

namespace perennial::plugins {

// What is in the file is read where the slots are: a later scan of the same place sees it change.
Result<Discovery> KeyStoreDiscovery::discover()
{
    Discovery found;
    DiscoveredPlace place{{"pkcs12", file_, file_}, service_, {}};
    place.passwordFile = passwordFile_;
    found.places.push_back(std::move(place));
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeKeyStoreDiscovery(const PluginSettings& settings)
{
    PluginSettings known = {{"file", ""}, {"password_file", ""}, {"service", ""}};
    for (const auto& [key, value] : settings) {
        const auto setting = known.find(key);
        if (setting == known.end())
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        if (value.find('\n') != std::string::npos)
            return Error{ErrorKind::InvalidInput, key + ": one line of text, not a list"};
        setting->second = value;
    }
    for (const char* key : {"file", "password_file"}) {
        if (!known[key].starts_with('/'))
            return Error{ErrorKind::InvalidInput, std::string(key) + ": must be an absolute path"};
    }
    const auto& service = known["service"];
    if (!service.empty() && !model::isSafeIdentifier(service))
        return Error{ErrorKind::InvalidInput, "service: letters, digits, \"-\", \"_\" and \".\""};
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<KeyStoreDiscovery>(known["file"], known["password_file"], service);
    return source;
}

} // namespace perennial::plugins
