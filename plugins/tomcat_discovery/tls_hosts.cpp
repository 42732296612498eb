#include "plugins/tomcat_discovery/tls_hosts.h"

#include "shared/service_config/config_path.h"
#include "shared/service_config/listen_address.h"
#include "shared/service_config/named_pair.h"
#include "shared/service_config/server_name.h"

#include <optional>
#include <set>

namespace perennial::plugins::tomcat {

namespace {

constexpr std::string_view service = "tomcat";

// "" for every address, and "localhost", are looked at by what each host has.
std::optional<std::string> hostOf(const std::string& address)
{
    if (address.empty() || address == "localhost") return "127.0.0.1";
    const auto host = service_config::numericHost(address);
    if (!host) return std::nullopt;
    return service_config::reachableHost(*host, [](const auto&) { return false; });
}

// Which names lead to which SSLHostConfig: its own, for "*.web.test" any with one more label that
// no other has; the default one is shown to whoever sends none.
class Names {
public:
    explicit Names(const Connector& connector) : connector_(connector)
    {
        for (const auto& host : connector.hosts)
            taken_.insert(host.name);
    }

    std::vector<std::string> of(const HostConfig& host, Discovery& found) const
    {
        std::vector<std::string> names;
        if (host.name == connector_.defaultName) names.emplace_back();
        if (host.name == "_default_") {
            if (names.empty()) found.skip(host.at + ": no name leads to it");
            return names;
        }
        const auto name = host.name.starts_with("*.") ? below(host.name.substr(1)) : host.name;
        if (service_config::canBeSent(name))
            names.push_back(name);
        else
            found.skip(host.at + " is not looked at: hostName is no name that can be asked for");
        return names;
    }

private:
    std::string below(const std::string& suffix) const
    {
        std::size_t number = 0;
        while (taken_.count("name" + std::to_string(number) + suffix) > 0)
            ++number;
        return "name" + std::to_string(number) + suffix;
    }

    const Connector& connector_;
    std::set<std::string> taken_;
};

class Places {
public:
    Places(const Surroundings& surroundings, const std::vector<model::Listener>& listeners,
        Discovery& found)
        : surroundings_(surroundings), listeners_(listeners), found_(found)
    {
    }

    void add(const CertificateElement& certificate)
    {
        if (!certificate.certificateFile.empty()) return addPem(certificate);
        if (!certificate.keyStoreFile.empty()) return addKeyStore(certificate);
        found_.skip(certificate.at + " names no file; the store in the home of Tomcat's user is "
                                     "not looked for");
    }

private:
    void addPem(const CertificateElement& certificate)
    {
        std::vector<std::string> warnings;
        if (!certificate.chainFile.empty())
            warnings.push_back(certificate.at +
                               ": certificateChainFile is not renewed with the certificate, unless "
                               "the installer's guard names it (chain_file)");
        if (certificate.ownKeyPassword)
            warnings.push_back(certificate.at + ": keys made here are not encrypted");
        const auto& key =
            certificate.keyFile.empty() ? certificate.certificateFile : certificate.keyFile;
        service_config::addPlace(
            {certificate.at, surroundings_.base, {"certificateFile", certificate.certificateFile},
                {"certificateKeyFile", key}},
            std::string(service), listeners_, warnings, found_);
    }
    void addKeyStore(const CertificateElement& certificate)
    {
        const auto type = service_config::lowerCase(certificate.keyStoreType);
        if (!type.empty() && type != "pkcs12" && type != "jks")
            return found_.skip(certificate.at + ": certificateKeystoreType is not PKCS12");
        const auto& written = certificate.keyStorePasswordFile;
        auto passwordFile = surroundings_.passwordFile;
        if (!written.empty()) passwordFile = service_config::fullPath(written, surroundings_.base);
        if (passwordFile.empty())
            return found_.skip(certificate.at +
                               ": certificateKeystorePassword is not used; name a file that holds "
                               "it (password_file)");
        std::vector<std::string> warnings;
        if (certificate.ownKeyPassword)
            warnings.push_back(
                certificate.at + ": in a store made here the key has the password of the store");
        service_config::addKeyStore(
            {certificate.at, surroundings_.base,
                {"certificateKeystoreFile", certificate.keyStoreFile}, passwordFile},
            std::string(service), listeners_, warnings, found_);
    }

    const Surroundings& surroundings_;
    const std::vector<model::Listener>& listeners_;
    Discovery& found_;
};

} // namespace

void addConnector(const Connector& connector, const Surroundings& surroundings, Discovery& found)
{
    const auto host = hostOf(connector.address);
    const auto port = service_config::portFrom(connector.port);
    const Names names(connector);
    std::set<std::string> seen;
    if (connector.tls && !connector.hosts.empty()) {
        if (!host) found.skip(connector.at + ": a name in address is not looked up");
        if (!port) found.skip(connector.at + ": port is none");
    }
    for (const auto& one : connector.hosts) {
        if (!seen.insert(one.name).second) {
            found.skip(one.at + " has the hostName of another one: Tomcat refuses it");
            continue;
        }
        std::vector<model::Listener> listeners;
        if (connector.tls && host && port) {
            for (const auto& name : names.of(one, found))
                listeners.push_back({*host, *port, name, {}});
        }
        Places places(surroundings, listeners, found);
        for (const auto& certificate : one.certificates)
            places.add(certificate);
    }
    if (connector.tls && !connector.hosts.empty() && seen.count(connector.defaultName) == 0)
        found.skip(
            connector.at + " has no SSLHostConfig for its default: Tomcat does not start it");
}

} // namespace perennial::plugins::tomcat
