#pragma once

#include "plugins/nginx_discovery/config_reader.h"
#include "plugins/nginx_discovery/listen_address.h"

#include <string>
#include <vector>

namespace perennial::plugins::nginx {

// One ssl_certificate with the ssl_certificate_key that stands at the same place in its list. Both
// have an argument, and live as long as the configuration.
struct CertificatePair {
    const Directive* certificate;
    const Directive* key;
};

// A server block with what it inherits.
struct Server {
    std::vector<Listen> listens;
    std::vector<std::string> names;
    std::vector<CertificatePair> pairs;
    bool legacyTls = false; // `ssl on`
    bool startTls = false;  // mail: TLS comes after a greeting
    const Directive* block;
};

// What is certified for whom. Servers of http, of stream and of mail know nothing of each other.
struct ServerGroups {
    std::vector<std::vector<Server>> groups;
    std::vector<CertificatePair> clientPairs; // what nginx shows to its upstreams
};
ServerGroups serversOf(const Directive& root, Discovery& found);

} // namespace perennial::plugins::nginx
