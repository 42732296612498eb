#include "plugins/nginx_discovery/tls_servers.h"

#include <algorithm>
#include <array>

namespace perennial::plugins::nginx {

namespace {

constexpr std::size_t mostPairs = 8; // of a server: nginx shows one a type of key
constexpr std::size_t mostServers = 20'000;
constexpr std::size_t mostClientPairs = 20'000;

// What blocks hand down. A list that a block writes itself takes the place of the outer one.
struct Inherited {
    std::vector<const Directive*> certificates;
    std::vector<const Directive*> keys;
    bool legacyTls = false;
    bool startTls = false;
    bool rejects = false; // ssl_reject_handshake: no certificate is ever shown
};

std::vector<const Directive*> all(const Directive& block, const std::string& name)
{
    std::vector<const Directive*> found;
    for (const auto& directive : block.block) {
        if (directive.name == name && !directive.arguments.empty()) found.push_back(&directive);
    }
    return found;
}

void inherit(std::vector<const Directive*>& list, std::vector<const Directive*> own)
{
    if (own.size() > mostPairs + 1) own.resize(mostPairs + 1); // one more, to be told of
    if (!own.empty()) list = std::move(own);
}

Inherited within(const Directive& block, Inherited values)
{
    inherit(values.certificates, all(block, "ssl_certificate"));
    inherit(values.keys, all(block, "ssl_certificate_key"));
    for (const auto* directive : all(block, "ssl"))
        values.legacyTls = directive->arguments.front() == "on";
    for (const auto* directive : all(block, "starttls"))
        values.startTls = directive->arguments.front() != "off";
    for (const auto* directive : all(block, "ssl_reject_handshake"))
        values.rejects = directive->arguments.front() == "on";
    return values;
}

std::vector<CertificatePair> pairsOf(const std::vector<const Directive*>& certificates,
    const std::vector<const Directive*>& keys, Discovery& found)
{
    std::vector<CertificatePair> pairs;
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        if (i >= keys.size())
            found.skip(placeOf(*certificates[i]) + ": a certificate without a key of its own");
        else if (i == mostPairs)
            found.skip(placeOf(*certificates[i]) + ": a server has at most 8 certificates");
        else
            pairs.push_back({certificates[i], keys[i]});
    }
    return pairs;
}

Listen standardListen()
{
    Listen listen;
    listen.addresses = {{"0.0.0.0", 80}};
    return listen;
}

Server serverFrom(const Directive& block, const Inherited& outer, bool namesCount, Discovery& found)
{
    const auto values = within(block, outer);
    Server server;
    server.block = &block;
    server.legacyTls = values.legacyTls;
    server.startTls = values.startTls;
    if (!values.rejects) server.pairs = pairsOf(values.certificates, values.keys, found);
    for (const auto* directive : all(block, "listen")) {
        auto listen = parseListen(directive->arguments);
        if (listen)
            server.listens.push_back(*std::move(listen));
        else if (listen.error().kind != ErrorKind::NotFound)
            found.skip(placeOf(*directive) + ": " + listen.error().message);
    }
    if (namesCount && all(block, "listen").empty()) server.listens.push_back(standardListen());
    if (!namesCount) return server;
    for (const auto* directive : all(block, "server_name"))
        server.names.insert(
            server.names.end(), directive->arguments.begin(), directive->arguments.end());
    return server;
}

// Certificates by which nginx is a client, in every block that may set them.
void addClientPairs(const Directive& block, const std::string& prefix, Inherited values,
    std::vector<CertificatePair>& pairs)
{
    auto own = all(block, prefix + "_ssl_certificate");
    const bool writesAny = !own.empty() || !all(block, prefix + "_ssl_certificate_key").empty();
    inherit(values.certificates, std::move(own));
    inherit(values.keys, all(block, prefix + "_ssl_certificate_key"));
    const bool complete = !values.certificates.empty() && !values.keys.empty();
    // Alone at an outer level, a certificate waits for the key that an inner one names.
    if (pairs.size() >= mostClientPairs) return;
    if (writesAny && complete) pairs.push_back({values.certificates.back(), values.keys.back()});
    for (const auto& inner : block.block)
        addClientPairs(inner, prefix, values, pairs);
}

} // namespace

ServerGroups serversOf(const Directive& root, Discovery& found)
{
    ServerGroups result;
    for (const std::string context : {"http", "stream", "mail"}) {
        std::vector<Server> servers;
        for (const auto& block : root.block) {
            if (block.name != context) continue;
            const auto outer = within(block, {});
            for (const auto& inner : block.block) {
                if (inner.name != "server") continue;
                if (servers.size() == mostServers) {
                    found.skip(placeOf(inner) + ": too many servers");
                    break;
                }
                // server_name of mail is what SMTP greets with.
                servers.push_back(serverFrom(inner, outer, context != "mail", found));
            }
        }
        if (!servers.empty()) result.groups.push_back(std::move(servers));
    }
    for (const std::string prefix : {"proxy", "grpc", "uwsgi"})
        addClientPairs(root, prefix, {}, result.clientPairs);
    return result;
}

} // namespace perennial::plugins::nginx
