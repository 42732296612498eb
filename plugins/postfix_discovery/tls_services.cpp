#include "plugins/postfix_discovery/tls_services.h"

#include "plugins/postfix_discovery/certificate_parameters.h"
#include "shared/service_config/listen_address.h"
#include "shared/service_config/server_name.h"

#include <algorithm>
#include <array>

namespace perennial::plugins::postfix {

using service_config::numericHost;
using service_config::portFrom;

namespace {

struct NamedPort {
    std::string_view name;
    int port;
};
constexpr std::array<NamedPort, 5> namedPorts = {
    {{"smtp", 25}, {"submission", 587}, {"submissions", 465}, {"smtps", 465}, {"ssmtp", 465}}};

std::optional<int> portOf(const std::string& text)
{
    for (const auto& [name, port] : namedPorts) {
        if (text == name) return port;
    }
    return portFrom(text);
}

// Services share main.cf and add to it; what cannot be said of a value is told once.
class Reading {
public:
    Reading(const Parameters& main, const Service& service, Discovery& found)
        : parameters_(main), service_(service), found_(found)
    {
        for (const auto& [name, value] : service.overrides)
            parameters_.set(name, value, service.at);
    }
    const Parameters& parameters() const { return parameters_; }

    std::string text(const std::string& name)
    {
        const auto value = parameters_.value(name);
        if (value) return value->text;
        found_.skip(value.error().message);
        return {};
    }
    bool isYes(const std::string& name) { return service_config::lowerCase(text(name)) == "yes"; }

    std::vector<model::Listener> listeners()
    {
        const bool atOnce = isYes("smtpd_tls_wrappermode");
        const auto level = text("smtpd_tls_security_level");
        const bool asked =
            level.empty() ? isYes("smtpd_use_tls") || isYes("smtpd_enforce_tls") : level != "none";
        std::vector<model::Listener> listeners;
        if (service_.type != "inet" || (!atOnce && !asked)) return listeners;
        if (!text("smtpd_upstream_proxy_protocol").empty()) {
            found_.skip(
                service_.at + ": is not looked at: it expects the PROXY protocol before TLS");
            return listeners;
        }
        // "port", "host:port", "[::1]:port"
        const auto colon = service_.name.rfind(':');
        const bool hasHost = colon != std::string::npos;
        const auto port = portOf(hasHost ? service_.name.substr(colon + 1) : service_.name);
        if (!port) {
            found_.skip(service_.at + ": a name for a port that is not known here");
            return listeners;
        }
        for (const auto& host : hostsOf(hasHost ? service_.name.substr(0, colon) : ""))
            listeners.push_back({host, *port, "", {}, atOnce ? "" : "smtp"});
        return listeners;
    }

private:
    // Where a listener is reached from this host. On every address one is enough: the programs
    // behind them are the same.
    std::vector<std::string> hostsOf(const std::string& written)
    {
        const auto interfaces = written.empty() ? text("inet_interfaces") : written;
        const auto loopback =
            service_config::lowerCase(text("inet_protocols")) == "ipv6" ? "::1" : "127.0.0.1";
        std::vector<std::string> hosts;
        for (const auto& one : elementsOf(interfaces)) {
            std::optional<std::string> host = numericHost(one);
            if (one == "all" || one == "loopback-only" || one == "localhost") host = loopback;
            if (host)
                host = service_config::reachableHost(*host, [](const auto&) { return false; });
            if (!host)
                found_.skip(service_.at + ": a host's name is not looked up");
            else if (std::find(hosts.begin(), hosts.end(), *host) == hosts.end())
                hosts.push_back(*host);
        }
        return hosts;
    }

    Parameters parameters_;
    const Service& service_;
    Discovery& found_;
};

// The program that postscreen lets speak TLS to strangers.
Service proxyOf(const Service& postscreen, const std::vector<Service>& services)
{
    Service proxy{postscreen.name, "unix", "tlsproxy", {}, postscreen.at};
    for (const auto& other : services) {
        if (other.command == "tlsproxy" && other.type == "unix") proxy.overrides = other.overrides;
    }
    return proxy;
}

// Whom postscreen gives its connection to, once it lets it pass: at once for those of this host, so
// that is who answers to a look.
std::vector<Service> behind(
    const Service& postscreen, const Parameters& main, const std::vector<Service>& services)
{
    std::vector<Service> passed;
    auto parameters = main;
    for (const auto& [name, value] : postscreen.overrides)
        parameters.set(name, value, postscreen.at);
    const auto proxied = parameters.value("postscreen_upstream_proxy_protocol");
    for (auto service : services) {
        if (service.command != "smtpd" || service.type != "pass" || passed.size() == 1) continue;
        service.name = postscreen.name;
        service.type = postscreen.type;
        if (!proxied || !proxied->text.empty())
            service.overrides.emplace_back("smtpd_upstream_proxy_protocol", "haproxy");
        passed.push_back(std::move(service));
    }
    return passed;
}

void addService(const Parameters& main, const Service& service, const std::string& prefix,
    ConfigFiles& files, Discovery& found, std::vector<TlsService>& result)
{
    Reading reading(main, service, found);
    TlsService tls;
    tls.pairs = pairsOf(reading.parameters(), prefix, files, found);
    if (tls.pairs.empty()) return;
    if (service.command == "smtpd") {
        tls.listeners = reading.listeners();
        if (!reading.text("tls_server_sni_maps").empty())
            found.skip(service.at + ": certificates of tls_server_sni_maps are not followed");
    }
    result.push_back(std::move(tls));
}

} // namespace

std::vector<TlsService> tlsServicesOf(const Parameters& main, const std::vector<Service>& services,
    ConfigFiles& files, Discovery& found)
{
    std::vector<TlsService> result;
    for (const std::string prefix : {"smtpd", "smtp", "lmtp"})
        addService(main, {}, prefix, files, found, result);
    for (const auto& service : services) {
        const auto& command = service.command;
        if (command == "postscreen") {
            addService(main, proxyOf(service, services), "tlsproxy", files, found, result);
            for (const auto& passed : behind(service, main, services))
                addService(main, passed, "smtpd", files, found, result);
        } else if (command == "smtpd" || command == "smtp" || command == "lmtp") {
            addService(main, service, command, files, found, result);
        }
    }
    return result;
}

} // namespace perennial::plugins::postfix
