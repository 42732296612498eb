#include "plugins/haproxy_discovery/bind_line.h"

#include <algorithm>
#include <array>

namespace perennial::plugins::haproxy {

using service_config::numericHost;
using service_config::portsFrom;

namespace {

constexpr std::size_t mostAddresses = 1'000;     // of one line
constexpr std::size_t mostCertificates = 10'000; // of one line

// Parameters whose next word is their value, whatever it looks like.
constexpr std::array<std::string_view, 42> withValue = {"accept-netscaler-cip", "alpn", "backlog",
    "ca-file", "ca-ignore-err", "ca-sign-file", "ca-sign-pass", "ca-verify-file", "ciphers",
    "ciphersuites", "client-sigalgs", "crl-file", "crt-ignore-err", "curves", "ecdhe", "expose-fd",
    "gid", "group", "id", "interface", "level", "maxconn", "mode", "mss", "name", "namespace",
    "nice", "npn", "ocsp-update", "process", "proto", "quic-cc-algo", "severity-output", "shards",
    "sigalgs", "ssl-max-ver", "ssl-min-ver", "tcp-ut", "thread", "tls-ticket-keys", "uid", "user"};

Error wrong(const char* what) { return {ErrorKind::InvalidInput, what}; }

Result<std::vector<ListenAddress>> addressesOf(std::string text)
{
    bool v6 = false;
    if (const auto at = text.find('@'); at != std::string::npos) {
        const auto family = text.substr(0, at);
        v6 = family == "ipv6" || family == "tcp6" || family == "tcpv6";
        const bool v4 = family == "ipv4" || family == "tcp4" || family == "tcpv4";
        if (!v6 && !v4 && family != "tcp")
            return Error{ErrorKind::NotFound, "only TCP is looked at"};
        text = text.substr(at + 1);
    }
    if (text.starts_with('/')) return Error{ErrorKind::NotFound, "only TCP is looked at"};
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) return wrong("an address without a port");
    const auto host = text.substr(0, colon);
    const bool every = host.empty() || host == "*";
    const auto numeric = every ? (v6 ? "::" : "0.0.0.0") : numericHost(host);
    if (!numeric) return wrong("not a numeric address; names are not looked up");
    const auto ports = portsFrom(std::string_view(text).substr(colon + 1));
    if (!ports) return ports.error();
    std::vector<ListenAddress> addresses;
    for (const int port : *ports)
        addresses.push_back({*numeric, port});
    return addresses;
}

void readAddresses(const std::string& list, Bind& bind, Discovery& found)
{
    for (std::size_t at = 0; at <= list.size();) {
        const auto end = std::min(list.find(',', at), list.size());
        auto addresses = addressesOf(list.substr(at, end - at));
        at = end + 1;
        if (addresses && bind.addresses.size() + addresses->size() > mostAddresses)
            addresses = wrong("more than 1000 addresses");
        if (addresses)
            bind.addresses.insert(bind.addresses.end(), addresses->begin(), addresses->end());
        else if (bind.tls && addresses.error().kind != ErrorKind::NotFound)
            found.skip(placeOf(*bind.statement) + ": bind: " + addresses.error().message);
    }
}

} // namespace

Bind parseBind(const Statement& statement, Discovery& found)
{
    Bind bind;
    bind.statement = &statement;
    const auto& words = statement.words;
    for (std::size_t i = 2; i < words.size(); ++i) {
        const auto& word = words[i];
        const bool hasNext = i + 1 < words.size();
        if (word == "ssl")
            bind.tls = true;
        else if (word == "strict-sni")
            bind.strict = true;
        else if (word == "accept-proxy" || word == "accept-netscaler-cip")
            bind.proxyProtocol = true;
        if ((word == "crt" || word == "crt-list" || word == "default-crt") && hasNext) {
            const std::string kind = word == "crt-list" ? word : "crt";
            if (bind.certificates.size() < mostCertificates)
                bind.certificates.emplace_back(kind, words[i + 1]);
            ++i;
        } else if (std::find(withValue.begin(), withValue.end(), word) != withValue.end()) {
            ++i;
        }
    }
    if (words.size() > 1) readAddresses(words[1], bind, found);
    return bind;
}

} // namespace perennial::plugins::haproxy
