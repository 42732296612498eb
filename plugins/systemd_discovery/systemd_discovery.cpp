#include "plugins/systemd_discovery/systemd_discovery.h"

#include "plugins/systemd_discovery/unit_files.h"
#include "plugins/systemd_discovery/unit_pairs.h"
#include "shared/base/secret.h"

#include <memory>

namespace perennial::plugins {

using namespace systemd;

namespace {

// systemd.unit(5), and the stores of systemd.exec(5), those of encrypted ones too.
const std::vector<std::string> unitFolders = {"/etc/systemd/system", "/run/systemd/system",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"};
const std::vector<std::string> credentialFolders = {"/etc/credstore", "/run/credstore",
    "/usr/local/lib/credstore", "/usr/lib/credstore", "/etc/credstore.encrypted",
    "/run/credstore.encrypted", "/usr/lib/credstore.encrypted"};

} // namespace

Result<Discovery> SystemdDiscovery::discover()
{
    Discovery found;
    std::vector<std::string> read;
    service_config::ConfigLimits limits;
    limits.files = 20'000;
    service_config::ConfigFiles files(files_, limits, read);
    const UnitFiles units(files, settings_.units);
    CredentialFiles credentialFiles(files_, settings_.credentials, found);
    UnitPairs pairs(credentialFiles, found);
    std::map<std::string, std::vector<CredentialLine>> known; // templates are read once
    for (const auto& unit : units.units()) {
        Credentials credentials(unit);
        for (const auto& file : units.filesOf(unit)) {
            const auto [lines, isNew] = known.try_emplace(file);
            if (isNew) {
                auto text = files.enter(file);
                if (!text) {
                    found.skip(text.error().message);
                    continue;
                }
                files.leave();
                const Secret secret(*std::move(text)); // SetCredential= may be a key
                lines->second = credentialLines(secret.reveal());
                if (!lines->second.empty()) found.configuration.push_back(file);
            }
            for (const auto& line : lines->second) {
                const auto fault = credentials.take(line, file);
                if (!fault.empty())
                    found.skip(file + ":" + std::to_string(line.line) + ": " + fault);
            }
        }
        pairs.add(unit, credentials);
    }
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeSystemdDiscovery(const PluginSettings& settings)
{
    SystemdDiscovery::Settings made{unitFolders, credentialFolders};
    for (const auto& [key, value] : settings) {
        if (key != "units" && key != "credentials")
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        auto& list = key == "units" ? made.units : made.credentials;
        list = linesOf(value);
        for (const auto& path : list) {
            if (!path.starts_with('/'))
                return Error{ErrorKind::InvalidInput, key + ": must be absolute paths"};
        }
    }
    std::unique_ptr<DiscoverySource> source = std::make_unique<SystemdDiscovery>(std::move(made));
    return source;
}

} // namespace perennial::plugins
