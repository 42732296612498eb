#include "plugins/postgresql_discovery/postgresql_discovery.h"

#include "plugins/postgresql_discovery/cluster.h"

#include "shared/base/file_traits.h"

#include <filesystem>
#include <memory>
#include <sys/stat.h>

namespace perennial::plugins {

namespace fs = std::filesystem;
using namespace postgresql;

namespace {

// PostgreSQL loads a key of its own user that nobody else may read, or one of root's that its group
// may read. Any other it refuses: when it starts it ends, at a reload it goes on with the old pair.
std::string findKeyFault(const FileFacts& key, const FileFacts& dataFolder)
{
    if (key.owner != 0 && key.owner != dataFolder.owner)
        return "belongs neither to PostgreSQL's user nor to root";
    const mode_t forbidden = key.owner == dataFolder.owner ? 0077 : 0037;
    if ((key.mode & forbidden) == 0) return {};
    return key.owner == 0 ? "is root's and open to more than its group's reading (0640)"
                          : "is open to others than PostgreSQL's user (0600)";
}

} // namespace

Result<Discovery> PostgresqlDiscovery::discover()
{
    Discovery found;
    ConfigReader reader(files_, found);
    const auto configs = reader.matchesOf(settings_.config);
    if (!configs) return configs.error().in("config");
    for (const auto& config : *configs) {
        auto data = settings_.dataFolder;
        if (data.empty()) data = fs::path(config).parent_path().string();
        const auto settings = reader.read(config, data);
        if (!settings && configs->size() == 1) return settings.error();
        if (!settings) {
            found.skip(settings.error().message);
            continue;
        }
        const auto written = settings->find("data_directory");
        if (written != settings->end()) data = written->second.text;
        if (!data.starts_with('/')) {
            found.skip(written->second.at + ": data_directory is relative to where it is started");
            continue;
        }
        const auto before = found.places.size();
        addCluster(*settings, config, data, found);
        if (found.places.size() == before) continue;
        auto& place = found.places.back();
        const auto resolved = resolveLinks(place.place.keyPath);
        const auto key = resolved ? files_.inspect(*resolved) : Result<FileFacts>(resolved.error());
        const auto folder = files_.inspect(data);
        if (!key || !folder) continue; // the scanner says what cannot be read
        if (const auto fault = findKeyFault(*key, *folder); !fault.empty())
            place.warnings.push_back(
                place.place.keyPath + " " + fault + ": PostgreSQL does not load it");
    }
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makePostgresqlDiscovery(const PluginSettings& settings)
{
    PostgresqlDiscovery::Settings made;
    for (const auto& [key, value] : settings) {
        if (key != "config" && key != "data_directory")
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        if (!value.starts_with('/'))
            return Error{ErrorKind::InvalidInput, key + ": must be an absolute path"};
        (key == "config" ? made.config : made.dataFolder) = value;
    }
    if (made.config.empty()) return Error{ErrorKind::InvalidInput, "config: is missing"};
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<PostgresqlDiscovery>(std::move(made));
    return source;
}

} // namespace perennial::plugins
