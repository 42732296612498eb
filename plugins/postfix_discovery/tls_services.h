#pragma once

#include "plugins/postfix_discovery/master_services.h"
#include "shared/service_config/config_files.h"
#include "shared/service_config/named_pair.h"

#include <string>
#include <vector>

namespace perennial::plugins::postfix {

using service_config::ConfigFiles;
using service_config::ConfigLimits;

// What a program of Postfix shows, and where it can be seen.
struct TlsService {
    std::vector<service_config::NamedPair> pairs;
    std::vector<model::Listener> listeners;
};

// Of main.cf alone, which its other services inherit, and of each service of master.cf. Files of
// smtpd_tls_chain_files are looked into, to see which holds a key. What is not followed goes to
// `found.skipped`.
std::vector<TlsService> tlsServicesOf(const Parameters& main, const std::vector<Service>& services,
    ConfigFiles& files, Discovery& found);

} // namespace perennial::plugins::postfix
