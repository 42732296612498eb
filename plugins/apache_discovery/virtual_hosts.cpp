#include "plugins/apache_discovery/virtual_hosts.h"

#include "shared/service_config/server_name.h"

#include <algorithm>

namespace perennial::plugins::apache {

using service_config::lowerCase;
using service_config::numericHost;
using service_config::portFrom;

namespace {

constexpr std::size_t mostPairs = 8; // of a server: one a type of key is shown
constexpr std::size_t mostHosts = 20'000;
constexpr std::size_t mostListens = 500;

Error wrong(const char* what) { return {ErrorKind::InvalidInput, what}; }

// "*:443", "192.0.2.1", "[::1]:443", "_default_:*"; without a port it is 0.
Result<ListenAddress> addressFrom(const std::string& text)
{
    const auto bracket = text.rfind(']');
    const auto colon = text.find(':', bracket == std::string::npos ? 0 : bracket);
    const auto host = text.substr(0, colon);
    ListenAddress address;
    if (colon != std::string::npos && text.substr(colon) != ":*") {
        const auto port = portFrom(std::string_view(text).substr(colon + 1));
        if (!port) return wrong("not a port");
        address.port = *port;
    }
    if (host == "*" || lowerCase(host) == "_default_") {
        address.host = "0.0.0.0";
        return address;
    }
    const auto numeric = numericHost(host);
    if (!numeric) return wrong("not a numeric address; names are not looked up");
    address.host = *numeric;
    return address;
}

void readAddresses(VirtualHost& host, Discovery& found)
{
    for (const auto& word : host.server->section.arguments) {
        auto address = addressFrom(word);
        if (!address) {
            found.skip(
                placeOf(host.server->section) + ": <VirtualHost>: " + address.error().message);
            continue;
        }
        // To Apache both mean every address of either family.
        if (service_config::isEveryAddress(address->host)) address->host = "0.0.0.0";
        host.addresses.push_back(*std::move(address));
    }
}

// "https://www.example.test:443" -> "www.example.test"
std::string nameIn(const std::string& serverName)
{
    auto name = serverName;
    if (const auto scheme = name.find("://"); scheme != std::string::npos)
        name = name.substr(scheme + 3);
    return lowerCase(name.substr(0, name.find(':')));
}

// A list that a virtual host writes itself takes the place of the main server's.
std::vector<const Directive*> listOf(
    const Server& server, const Server& main, const std::string& name)
{
    auto list = server.all(name);
    if (list.empty()) list = main.all(name);
    if (list.size() > mostPairs + 1) list.resize(mostPairs + 1); // one more, to be told of
    return list;
}

void readCertificates(VirtualHost& host, const Server& main, Discovery& found)
{
    const auto certificates = listOf(*host.server, main, "sslcertificatefile");
    const auto keys = listOf(*host.server, main, "sslcertificatekeyfile");
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        if (i == mostPairs)
            found.skip(placeOf(*certificates[i]) + ": a server has at most 8 certificates");
        else
            host.pairs.push_back({certificates[i], i < keys.size() ? keys[i] : certificates[i]});
    }
    const auto chains = listOf(*host.server, main, "sslcertificatechainfile");
    if (!chains.empty()) host.chainFile = chains.back();
}

VirtualHost hostFrom(const Server& server, const Server& main, Discovery& found)
{
    VirtualHost host;
    host.server = &server;
    readAddresses(host, found);
    for (const auto* directive : server.all("servername"))
        host.names = {nameIn(directive->arguments.front())};
    for (const auto* directive : server.all("serveralias")) {
        for (const auto& name : directive->arguments)
            host.names.push_back(lowerCase(name));
    }
    const auto engines = listOf(server, main, "sslengine");
    if (!engines.empty()) host.tls = lowerCase(engines.back()->arguments.front()) == "on";
    readCertificates(host, main, found);
    return host;
}

} // namespace

std::vector<VirtualHost> virtualHostsOf(const Configuration& configuration, Discovery& found)
{
    std::vector<VirtualHost> hosts;
    hosts.push_back(hostFrom(configuration.main, configuration.main, found));
    for (const auto& server : configuration.hosts) {
        if (hosts.size() > mostHosts) {
            found.skip(placeOf(server.section) + ": too many virtual hosts");
            break;
        }
        hosts.push_back(hostFrom(server, configuration.main, found));
    }
    return hosts;
}

std::vector<ListenAddress> listensOf(const Configuration& configuration, Discovery& found)
{
    std::vector<ListenAddress> listens;
    for (const auto* directive : configuration.main.all("listen")) {
        const auto& word = directive->arguments.front();
        const bool isPort = word.find_first_not_of("0123456789") == std::string::npos;
        const auto address = addressFrom(isPort ? "*:" + word : word);
        std::string fault;
        if (!address)
            fault = address.error().message;
        else if (address->port == 0)
            fault = "not a port";
        else if (listens.size() == mostListens)
            fault = "too many of them";
        if (!fault.empty())
            found.skip(placeOf(*directive) + ": Listen: " + fault);
        else if (std::find(listens.begin(), listens.end(), *address) == listens.end())
            listens.push_back(*address);
    }
    return listens;
}

} // namespace perennial::plugins::apache
