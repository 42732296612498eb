#include "plugins/apache_discovery/apache_discovery.h"

#include "plugins/apache_discovery/tls_listeners.h"
#include "shared/service_config/named_pair.h"

#include <filesystem>
#include <memory>

namespace perennial::plugins {

namespace fs = std::filesystem;
using namespace apache;

namespace {

// The chain of a renewed certificate is written behind it, into its own file.
std::vector<std::string> warningsOf(const VirtualHost& host)
{
    if (host.chainFile == nullptr) return {};
    return {placeOf(*host.chainFile) +
            ": SSLCertificateChainFile is deprecated and not renewed with the certificate; put the "
            "chain behind the certificate in SSLCertificateFile and take this line out"};
}

void addPlaces(const VirtualHost& host, const std::vector<model::Listener>& listeners,
    const std::string& root, Discovery& found)
{
    for (const auto& pair : host.pairs) {
        const service_config::NamedPair named{placeOf(*pair.certificate), root,
            {"SSLCertificateFile", pair.certificate->arguments.front()},
            {"SSLCertificateKeyFile", pair.key->arguments.front()}};
        addPlace(named, "apache", listeners, warningsOf(host), found);
    }
}

// Apache needs a key behind each certificate of such a file: a chain would stop it.
void tellOfClientCertificates(const Server& server, Discovery& found)
{
    for (const auto* directive : server.all("sslproxymachinecertificatefile"))
        found.skip(placeOf(*directive) +
                   ": SSLProxyMachineCertificateFile has no place for a chain and is passed over");
}

} // namespace

Result<Discovery> ApacheDiscovery::discover()
{
    Discovery found;
    Conditions conditions(settings_.serverRoot, settings_.defines, settings_.modules);
    const auto configuration =
        ConfigReader(files_, found, std::move(conditions)).read(settings_.config);
    if (!configuration) return configuration.error();
    const auto hosts = virtualHostsOf(*configuration, found);
    const auto listeners = listenersOf(hosts, listensOf(*configuration, found), found);
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        // A host without TLS that writes no certificate itself has none of its own.
        const bool own = !hosts[i].server->all("sslcertificatefile").empty();
        if (own || hosts[i].tls)
            addPlaces(hosts[i], listeners[i], configuration->serverRoot, found);
        tellOfClientCertificates(*hosts[i].server, found);
    }
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeApacheDiscovery(const PluginSettings& settings)
{
    ApacheDiscovery::Settings made;
    for (const auto& [key, value] : settings) {
        if (key == "config")
            made.config = value;
        else if (key == "server_root")
            made.serverRoot = value;
        else if (key == "modules")
            made.modules = linesOf(value);
        else if (key == "defines") {
            for (const auto& line : linesOf(value)) {
                const auto equals = line.find('=');
                made.defines[line.substr(0, equals)] =
                    equals == std::string::npos ? "" : line.substr(equals + 1);
            }
        } else {
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        }
    }
    if (made.config.empty()) return Error{ErrorKind::InvalidInput, "config: is missing"};
    if (!made.config.starts_with('/'))
        return Error{ErrorKind::InvalidInput, "config: must be an absolute path"};
    if (made.serverRoot.empty())
        made.serverRoot = fs::path(made.config).parent_path().string();
    else if (!made.serverRoot.starts_with('/'))
        return Error{ErrorKind::InvalidInput, "server_root: must be an absolute path"};
    std::unique_ptr<DiscoverySource> source = std::make_unique<ApacheDiscovery>(std::move(made));
    return source;
}

} // namespace perennial::plugins
