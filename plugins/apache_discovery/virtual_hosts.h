#pragma once

#include "plugins/apache_discovery/config_reader.h"
#include "shared/service_config/listen_address.h"

#include <string>
#include <vector>

namespace perennial::plugins::apache {

using service_config::ListenAddress;

// One SSLCertificateFile with the SSLCertificateKeyFile that stands at the same place in its list;
// without one the key is in the certificate's file, and both are the same directive.
struct CertificatePair {
    const Directive* certificate;
    const Directive* key;
};

// The main server or a virtual host, with what it inherits.
struct VirtualHost {
    const Server* server;
    std::vector<ListenAddress> addresses; // "0.0.0.0": every address of both families; port 0: any
    std::vector<std::string> names;       // in lower case; with "*" and "?" in aliases
    std::vector<CertificatePair> pairs;
    const Directive* chainFile = nullptr;
    bool tls = false; // SSLEngine on
};

// All of a configuration, the main server first. They live as long as it does.
std::vector<VirtualHost> virtualHostsOf(const Configuration& configuration, Discovery& found);

// Where Apache listens, by every `Listen`.
std::vector<ListenAddress> listensOf(const Configuration& configuration, Discovery& found);

} // namespace perennial::plugins::apache
