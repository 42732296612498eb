#include "plugins/mariadb_discovery/server_pair.h"

#include "shared/service_config/listen_address.h"
#include "shared/service_config/named_pair.h"
#include "shared/tls/start_tls.h"

#include <algorithm>
#include <optional>

namespace perennial::plugins::mariadb {

namespace {

constexpr std::size_t mostAddresses = 100;
const std::string mysql = "mysql"; // the protocol

const Value* valueOf(const Options& options, const std::string& name)
{
    const auto written = options.find(name);
    return written == options.end() ? nullptr : &written->second;
}

bool isOn(const Options& options, const std::string& name)
{
    const auto* value = valueOf(options, name);
    return value != nullptr && value->text == "1";
}

// An address of every kind is seen at one, and at one where MariaDB counts nobody.
std::optional<std::string> hostOf(const std::string& element)
{
    if (element.empty() || element == "*" || element == "localhost") return "127.0.0.1";
    const auto host = service_config::numericHost(element);
    if (!host) return std::nullopt;
    return service_config::reachableHost(*host, [](const auto&) { return false; });
}

std::vector<int> portsOf(const Options& options, Discovery& found)
{
    constexpr int usualPort = 3306;
    std::vector<int> ports;
    const auto add = [&](const std::string& name, std::optional<int> otherwise) {
        const auto* value = valueOf(options, name);
        const bool isSet = value != nullptr && value->text != "0";
        const auto port = isSet ? service_config::portFrom(value->text) : otherwise;
        if (port)
            ports.push_back(*port);
        else if (isSet)
            found.skip(value->at + ": " + name + " is none");
    };
    add("port", usualPort);
    add("extra-port", std::nullopt);
    return ports;
}

std::vector<std::string> hostsOf(
    const Options& options, std::vector<std::string>& warnings, Discovery& found)
{
    const auto* bind = valueOf(options, "bind-address");
    const Value addresses = bind == nullptr ? Value() : *bind;
    std::vector<std::string> hosts;
    for (std::size_t begin = 0; begin <= addresses.text.size();) {
        const auto end = std::min(addresses.text.find(',', begin), addresses.text.size());
        const auto host = hostOf(addresses.text.substr(begin, end - begin));
        begin = end + 1;
        if (!host) {
            found.skip(addresses.at + ": a name in bind-address is not looked up");
        } else if (hosts.size() == mostAddresses) {
            found.skip(addresses.at + ": too many addresses");
            break;
        } else if (tls::countsLooks(mysql, *host) && !isOn(options, "skip-name-resolve")) {
            // After max_connect_errors of them it would let nobody in from there any more.
            warnings.push_back(addresses.at + ": " + *host +
                               " is not looked at: MariaDB counts each look as an error of a "
                               "client, unless skip-name-resolve is set");
        } else if (std::find(hosts.begin(), hosts.end(), *host) == hosts.end()) {
            hosts.push_back(*host);
        }
    }
    return hosts;
}

} // namespace

void addServer(const Options& options, Discovery& found)
{
    const auto* certificate = valueOf(options, "ssl-cert");
    const auto* key = valueOf(options, "ssl-key");
    if (certificate == nullptr && key == nullptr) return;
    // The file that is named holds both, then.
    if (certificate == nullptr) certificate = key;
    if (key == nullptr) key = certificate;
    std::vector<std::string> warnings;
    std::vector<model::Listener> listeners;
    if (isOn(options, "ssl") && !isOn(options, "skip-networking")) {
        const auto ports = portsOf(options, found);
        for (const auto& host : hostsOf(options, warnings, found)) {
            for (const int port : ports)
                listeners.push_back({host, port, "", {}, mysql});
        }
    }
    const auto* data = valueOf(options, "datadir");
    const auto folder = data == nullptr ? "/var/lib/mysql" : data->text;
    if (!folder.starts_with('/'))
        return found.skip(data->at + ": datadir is relative to where MariaDB is started");
    service_config::addPlace(
        {certificate->at, folder, {"ssl-cert", certificate->text}, {"ssl-key", key->text}},
        "mariadb", listeners, warnings, found);
}

} // namespace perennial::plugins::mariadb
