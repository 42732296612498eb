#pragma once

#include "shared/base/clock.h"
#include "shared/x509/certificate.h"

#include <string>
#include <vector>

namespace perennial::tls {

struct ListenerAddress {
    std::string host; // an address, not a name: nothing is looked up
    int port;
    std::string serverName;    // SNI; empty for none
    std::string startTls = {}; // how TLS is asked for; see start_tls.h
    friend auto operator<=>(const ListenerAddress&, const ListenerAddress&) = default;
};
// "127.0.0.1:443 (web1.example.test)", "127.0.0.1:25 by smtp"
std::string toText(const ListenerAddress& listener);

struct ServedCertificate {
    std::vector<x509::Certificate> chain; // as sent, leaf first
    std::string protocol;                 // "TLSv1.3"
};

// Shakes hands and looks; trusts nothing and sends nothing but the question for TLS. Unavailable
// when nobody speaks TLS there, NotFound when nobody listens there at all.
Result<ServedCertificate> probeListener(const ListenerAddress& listener, Duration timeout);

} // namespace perennial::tls
