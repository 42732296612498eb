#include "plugins/haproxy_discovery/haproxy_discovery.h"

#include "plugins/haproxy_discovery/certificate_files.h"
#include "plugins/haproxy_discovery/name_choice.h"

#include <memory>
#include <set>

namespace perennial::plugins {

using namespace haproxy;

namespace {

constexpr std::size_t mostPlaces = 20'000;
constexpr std::size_t mostAddresses = 50'000;
constexpr std::size_t mostListeners = 200'000; // of all places

bool isBind(const Statement& statement)
{
    return statement.words.front() == "bind" || statement.words.front() == "socket";
}

// Adds what was found, within the limits.
class Places {
public:
    explicit Places(Discovery& found) : found_(found) {}
    bool takeListener() { return listeners_ > 0 && --listeners_ > 0; }
    void add(const LoadedCertificate& certificate, std::vector<model::Listener> listeners,
        const Statement& from)
    {
        if (found_.places.size() == mostPlaces)
            return found_.skip(placeOf(from) + ": too many certificates");
        found_.places.push_back({{"pem", certificate.certificatePath, certificate.keyPath},
            "haproxy", std::move(listeners)});
    }

private:
    Discovery& found_;
    std::size_t listeners_ = mostListeners;
};

// Where a `bind` is reached; `all` are the addresses of every `bind`.
std::vector<ListenAddress> waysTo(const Bind& bind, const std::set<ListenAddress>& all)
{
    std::vector<ListenAddress> ways;
    for (const auto& address : bind.addresses) {
        const auto host = service_config::reachableHost(address.host, [&](const auto& other) {
            return all.count({other, address.port}) > 0;
        });
        if (host) ways.push_back({*host, address.port});
    }
    return ways;
}

void addBind(const Bind& bind, const std::vector<LoadedCertificate>& certificates,
    const std::set<ListenAddress>& all, Places& places, Discovery& found)
{
    NameChoice choice(bind.strict);
    for (const auto& certificate : certificates)
        choice.add(certificate.names, certificate.ecKey);
    const auto ways = waysTo(bind, all);
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        const auto name = choice.nameFor(i);
        std::string why;
        if (bind.proxyProtocol) why = "it expects the PROXY protocol before TLS";
        if (!name)
            why = "no name that can be asked for leads to " + certificates[i].certificatePath;
        std::vector<model::Listener> listeners;
        for (const auto& way : ways) {
            if (!places.takeListener()) why = "there are too many listeners";
            if (why.empty() && bind.tls)
                listeners.push_back({way.host, way.port, *name, {}});
            else if (bind.tls)
                found.skip(
                    placeOf(*bind.statement) + ": " + toText(way) + " is not looked at: " + why);
        }
        places.add(certificates[i], std::move(listeners), *bind.statement);
    }
}

} // namespace

Result<Discovery> HaproxyDiscovery::discover()
{
    Discovery found;
    const auto configuration =
        ConfigReader(files_, found, settings_.folder, settings_.variables).read(settings_.config);
    if (!configuration) return configuration.error();
    std::vector<Bind> binds;
    std::set<ListenAddress> addresses;
    for (const auto& statement : configuration->statements) {
        if (!isBind(statement)) continue;
        binds.push_back(parseBind(statement, found));
        if (addresses.size() + binds.back().addresses.size() > mostAddresses) {
            found.skip(placeOf(statement) + ": too many addresses");
            binds.back().addresses.clear();
        }
        addresses.insert(binds.back().addresses.begin(), binds.back().addresses.end());
    }
    CertificateFiles files(files_, found, *configuration);
    Places places(found);
    for (const auto& bind : binds)
        addBind(bind, files.loadedBy(bind), addresses, places, found);
    for (const auto& statement : configuration->statements) {
        if (isBind(statement)) continue;
        for (const auto& certificate : files.shownBy(statement))
            places.add(certificate, {}, statement);
    }
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeHaproxyDiscovery(const PluginSettings& settings)
{
    HaproxyDiscovery::Settings made;
    for (const auto& [key, value] : settings) {
        if (key == "config")
            made.config = linesOf(value);
        else if (key == "folder")
            made.folder = value;
        else if (key == "variables") {
            for (const auto& line : linesOf(value)) {
                const auto equals = line.find('=');
                if (equals == std::string::npos)
                    return Error{ErrorKind::InvalidInput, "variables: each is NAME=value"};
                made.variables[line.substr(0, equals)] = line.substr(equals + 1);
            }
        } else {
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        }
    }
    if (made.config.empty()) return Error{ErrorKind::InvalidInput, "config: is missing"};
    for (const auto& path : made.config) {
        if (!path.starts_with('/'))
            return Error{ErrorKind::InvalidInput, "config: must be absolute paths"};
    }
    if (!made.folder.empty() && !made.folder.starts_with('/'))
        return Error{ErrorKind::InvalidInput, "folder: must be an absolute path"};
    std::unique_ptr<DiscoverySource> source = std::make_unique<HaproxyDiscovery>(std::move(made));
    return source;
}

} // namespace perennial::plugins
