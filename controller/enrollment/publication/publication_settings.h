#pragma once

#include "shared/base/clock.h"
#include "shared/x509/signing_request.h"
#include "shared/yaml/strict_yaml.h"

#include <optional>
#include <string>
#include <vector>

namespace perennial::enrollment::server {

// How long a CRL is the newest one, and how long it is still good when the next does not come.
struct RevocationListPeriod {
    Duration period{};
    Duration overlap{};
};

// The section `publication` of enrollment.yaml; docs/configuration.md describes each key. Without
// it CRLs are made as they are here and only the admin API and /certsrv hand them out.
struct PublicationSettings {
    std::string host; // of the plain HTTP listener; empty: none
    int port = 0;
    std::string url; // what certificates say, "http://pki.example.test"; empty: they say nothing
    RevocationListPeriod base{std::chrono::hours(24 * 7), std::chrono::hours(24)};
    std::optional<RevocationListPeriod> delta =
        RevocationListPeriod{std::chrono::hours(24), std::chrono::hours(12)};
    bool ocsp = true;
    bool delegatedResponder = true; // OCSP answers are not signed with the authority's own key

    std::string addressOf(const std::string& file) const { return url + "/" + file; }
};

// Names under `url`.
namespace published {
inline constexpr const char* baseList = "issuing.crl";
inline constexpr const char* deltaList = "issuing-delta.crl";
inline constexpr const char* issuing = "issuing.crt";
inline constexpr const char* root = "root.crt";
inline constexpr const char* rootList = "root.crl";
inline constexpr const char* ocsp = "ocsp";
} // namespace published

PublicationSettings readPublication(yaml::Reader in);

// What every certificate of the issuing authority, and the issuing authority's own, say of where
// to look (RFC 5280 4.2.1.13, 4.2.1.15, 4.2.2.1). Empty without `url`.
Result<std::vector<x509::Extension>> endEntityAddresses(const PublicationSettings& settings);
Result<std::vector<x509::Extension>> issuingAddresses(const PublicationSettings& settings);

} // namespace perennial::enrollment::server
