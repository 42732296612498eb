#include "plugins/postgresql_discovery/cluster.h"

#include "shared/service_config/listen_address.h"
#include "shared/service_config/named_pair.h"

#include <algorithm>

namespace perennial::plugins::postgresql {

using service_config::numericHost;
using service_config::reachableHost;

namespace {

constexpr std::size_t mostAddresses = 100;

// What is written, else PostgreSQL's own default, which stands in the configuration's first file.
Value valueOf(const Settings& settings, const std::string& name, const std::string& otherwise,
    const std::string& config)
{
    const auto written = settings.find(name);
    return written == settings.end() ? Value{otherwise, config} : written->second;
}

// The elements of listen_addresses, without white space and double quotes around them.
std::vector<std::string> elementsOf(const std::string& list)
{
    constexpr auto around = " \t\r\n\"";
    std::vector<std::string> elements;
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        const auto first = std::min(list.find_first_not_of(around, begin), end);
        const auto last = list.find_last_not_of(around, end == 0 ? 0 : end - 1);
        if (first < end) elements.push_back(list.substr(first, last - first + 1));
        begin = end + 1;
    }
    return elements;
}

// A cluster shows one certificate everywhere. Where it listens on every address, or on "localhost",
// one is enough to see it, and one that each host has.
std::optional<std::string> hostOf(const std::string& element)
{
    if (element == "*" || element == "localhost") return "127.0.0.1";
    const auto host = numericHost(element);
    if (!host) return std::nullopt;
    return reachableHost(*host, [](const auto&) { return false; });
}

std::vector<model::Listener> listenersOf(
    const Settings& settings, const std::string& config, Discovery& found)
{
    std::vector<model::Listener> listeners;
    const auto portText = valueOf(settings, "port", "5432", config);
    const auto port = service_config::portFrom(portText.text);
    if (!port) {
        found.skip(portText.at + ": port is none");
        return listeners;
    }
    const auto addresses = valueOf(settings, "listen_addresses", "localhost", config);
    for (const auto& element : elementsOf(addresses.text)) {
        if (listeners.size() == mostAddresses) {
            found.skip(addresses.at + ": too many addresses");
            break;
        }
        const auto host = hostOf(element);
        if (!host) {
            found.skip(addresses.at + ": a name in listen_addresses is not looked up");
            continue;
        }
        const model::Listener listener{*host, *port, "", {}, "postgresql"};
        if (std::find(listeners.begin(), listeners.end(), listener) == listeners.end())
            listeners.push_back(listener);
    }
    return listeners;
}

} // namespace

void addCluster(const Settings& settings, const std::string& config, const std::string& dataFolder,
    Discovery& found)
{
    const auto ssl = valueOf(settings, "ssl", "off", config);
    const auto on = booleanOf(ssl.text);
    if (!on) return found.skip(ssl.at + ": ssl is neither on nor off");
    const auto certificate = valueOf(settings, "ssl_cert_file", "server.crt", config);
    const auto key = valueOf(settings, "ssl_key_file", "server.key", config);
    // Without TLS, what is only a default is no file of anybody's.
    if (!*on && settings.count("ssl_cert_file") == 0) return;
    std::vector<std::string> warnings;
    if (const auto command = settings.find("ssl_passphrase_command");
        command != settings.end() && !command->second.text.empty())
        warnings.push_back(
            command->second.at +
            ": keys made here are not encrypted, and ssl_passphrase_command is not asked");
    const auto listeners =
        *on ? listenersOf(settings, config, found) : std::vector<model::Listener>();
    service_config::addPlace({certificate.at, dataFolder, {"ssl_cert_file", certificate.text},
                                 {"ssl_key_file", key.text}},
        "postgresql", listeners, warnings, found);
}

} // namespace perennial::plugins::postgresql
