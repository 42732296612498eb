#include "plugins/trust_discovery/trust_discovery.h"

#include "plugins/trust_discovery/trust_store.h"

#include <memory>

namespace perennial::plugins {

using namespace trust;

namespace {

// What OpenSSL, GnuTLS and Java read on Debian, and where ca-certificates has what it brings.
const std::vector<std::string> usualStores = {
    "/etc/ssl/certs", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/java/cacerts"};
const std::vector<std::string> usualDistribution = {"/usr/share/ca-certificates"};
constexpr std::size_t mostListed = 5'000;

} // namespace

Result<Discovery> TrustDiscovery::discover()
{
    Discovery found;
    TrustStores stores(files_, found);
    std::set<std::string> ofDistribution;
    for (const auto& folder : settings_.distribution)
        ofDistribution.merge(stores.fingerprintsBelow(folder));
    for (const auto& store : settings_.stores) {
        std::size_t known = 0;
        for (const auto& anchor : stores.anchorsIn(store)) {
            const auto isKnown = ofDistribution.count(anchor.certificate.fingerprint()) != 0;
            known += isKnown ? 1U : 0U;
            if (isKnown) continue;
            if (found.found.size() == mostListed) {
                found.skip(store + ": more than 5000 authorities are not of the distribution");
                break;
            }
            found.found.push_back(
                {{anchor.entry.empty() ? "pem" : "jks", anchor.path, ""}, "local-trust",
                    anchor.entry, "trusted through " + store + ", and not of the distribution",
                    model::factsOf(anchor.certificate)});
        }
        if (known > 0)
            found.skip(store + ": " + std::to_string(known) +
                       " authorities of the distribution are trusted, and not listed");
    }
    return found;
}

Result<std::unique_ptr<DiscoverySource>> makeTrustDiscovery(const PluginSettings& settings)
{
    TrustDiscovery::Settings made{usualStores, usualDistribution};
    for (const auto& [key, value] : settings) {
        if (key != "stores" && key != "distribution")
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        auto& list = key == "stores" ? made.stores : made.distribution;
        list = linesOf(value);
        for (const auto& path : list) {
            if (!path.starts_with('/'))
                return Error{ErrorKind::InvalidInput, key + ": must be absolute paths"};
        }
    }
    std::unique_ptr<DiscoverySource> source = std::make_unique<TrustDiscovery>(std::move(made));
    return source;
}

} // namespace perennial::plugins
