#pragma once

#include "plugins/postfix_discovery/parameters.h"
#include "shared/service_config/config_files.h"
#include "shared/service_config/named_pair.h"

#include <string>
#include <vector>

namespace perennial::plugins::postfix {

// The elements of a list of Postfix, between commas and white space.
std::vector<std::string> elementsOf(const std::string& list);

// The certificates of one program with their keys: <prefix>_tls_chain_files, else those of
// <prefix>_tls_cert_file and its like. In a list of chain files a key comes before its certificate,
// in the same file or in the one before; which holds what, is looked up.
std::vector<service_config::NamedPair> pairsOf(const Parameters& parameters,
    const std::string& prefix, service_config::ConfigFiles& files, Discovery& found);

} // namespace perennial::plugins::postfix
