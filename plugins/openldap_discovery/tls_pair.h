#pragma once

#include "plugins/openldap_discovery/config_reader.h"
#include "shared/service_config/named_pair.h"

#include <optional>

namespace perennial::plugins::openldap {

// The certificate with its key that slapd shows wherever TLS is spoken: it has one pair. Nothing
// when TLS is off; half a pair, and paths that are relative to where slapd is started, are told in
// `found.skipped`.
std::optional<service_config::NamedPair> tlsPairOf(const Settings& settings, Discovery& found);

} // namespace perennial::plugins::openldap
