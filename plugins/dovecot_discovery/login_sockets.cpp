#include "plugins/dovecot_discovery/login_sockets.h"

#include "shared/service_config/server_name.h"

#include <algorithm>
#include <array>

namespace perennial::plugins::dovecot {

using service_config::ListenAddress;

namespace {

constexpr std::size_t mostSockets = 1'000;

struct LoginService {
    std::string_view name;
    std::string_view protocol;
    std::string_view startTls; // empty: its TLS after a greeting is not spoken here
};
constexpr std::array<LoginService, 4> loginServices = {
    {{"imap-login", "imap", "imap"}, {"pop3-login", "pop3", "pop3"},
        {"submission-login", "submission", "smtp"}, {"managesieve-login", "sieve", ""}}};

struct StandardListener {
    std::string_view service;
    std::string_view name;
    std::string_view port;
    bool tls;
};
// What is there although nobody writes it.
constexpr std::array<StandardListener, 6> standardListeners = {
    {{"imap-login", "imap", "143", false}, {"imap-login", "imaps", "993", true},
        {"pop3-login", "pop3", "110", false}, {"pop3-login", "pop3s", "995", true},
        {"submission-login", "submission", "587", false},
        {"managesieve-login", "sieve", "4190", false}}};

// Between commas and white space.
std::vector<std::string> wordsOf(const std::string& list)
{
    constexpr auto between = ", \t";
    std::vector<std::string> words;
    for (auto begin = list.find_first_not_of(between); begin != std::string::npos;
         begin = list.find_first_not_of(between, begin)) {
        const auto end = std::min(list.find_first_of(between, begin), list.size());
        words.push_back(list.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

std::string textOf(const Values& values, const std::string& key, const std::string& otherwise)
{
    const auto written = values.find(key);
    return written == values.end() ? otherwise : written->second.text;
}

Values globalOf(const Configuration& configuration)
{
    const auto global = configuration.settings.find({});
    return global == configuration.settings.end() ? Values() : global->second;
}

class Sockets {
public:
    Sockets(const Configuration& configuration, Discovery& found)
        : global_(globalOf(configuration)), found_(found)
    {
    }

    void add(const LoginService& service, const std::string& name, const Values& values)
    {
        if (values.empty()) return;
        const auto& at = values.begin()->second.at;
        const auto where = (at.empty() ? std::string("dovecot") : at) + ": " + name;
        const auto portText = textOf(values, "port", "0");
        if (portText == "0") return; // it is off
        const auto port = service_config::portFrom(portText);
        const bool atOnce = isYes(textOf(values, "ssl", "no"));
        if (!port) return found_.skip(where + ": port is none");
        if (isYes(textOf(values, "haproxy", "no")))
            return found_.skip(
                where + " is not looked at: it expects the PROXY protocol before TLS");
        if (!atOnce && service.startTls.empty())
            return found_.skip(where + " is not looked at: its way to TLS is not spoken here");
        const auto addresses = textOf(values, "address", textOf(global_, "listen", "*, ::"));
        for (const auto& word : wordsOf(addresses)) {
            auto host = service_config::numericHost(word);
            if (word == "*") host = "0.0.0.0";
            if (!host) {
                found_.skip(where + ": a host's name is not looked up");
                continue;
            }
            if (sockets_.size() == mostSockets) return found_.skip(where + ": too many listeners");
            sockets_.push_back({std::string(service.protocol),
                atOnce ? std::string() : std::string(service.startTls), {*host, *port}});
        }
    }
    std::vector<LoginSocket> all() { return std::move(sockets_); }

private:
    static bool isYes(const std::string& text) { return service_config::lowerCase(text) == "yes"; }

    Values global_;
    Discovery& found_;
    std::vector<LoginSocket> sockets_;
};

} // namespace

std::vector<LoginSocket> loginSocketsOf(const Configuration& configuration, Discovery& found)
{
    const auto global = globalOf(configuration);
    const auto protocols = wordsOf(textOf(global, "protocols", ""));
    Sockets sockets(configuration, found);
    if (service_config::lowerCase(textOf(global, "ssl", "yes")) == "no") return {};
    for (const auto& service : loginServices) {
        if (std::find(protocols.begin(), protocols.end(), service.protocol) == protocols.end())
            continue;
        std::map<std::string, Values> listeners;
        for (const auto& standard : standardListeners) {
            if (standard.service != service.name) continue;
            listeners[std::string(standard.name)] = {
                {"port", {std::string(standard.port), false, {}, {}}},
                {"ssl", {standard.tls ? "yes" : "no", false, {}, {}}}};
        }
        const auto written = configuration.listeners.find(std::string(service.name));
        if (written != configuration.listeners.end()) {
            for (const auto& [name, values] : written->second) {
                for (const auto& [key, value] : values)
                    listeners[name][key] = value;
            }
        }
        for (const auto& [name, values] : listeners)
            sockets.add(service, name, values);
    }
    return sockets.all();
}

} // namespace perennial::plugins::dovecot
