#include "plugins/pkcs11_discovery/pkcs11_discovery.h"

#include "shared/base/environment.h"
#include "shared/base/trusted_path.h"
#include "shared/model/token_uri.h"
#include "shared/x509/certificate.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

namespace perennial::plugins {

namespace {

constexpr const char* keeperProgram = "/usr/lib/perennial/perennial-token-keeper";
constexpr Duration keeperLimit{30};
constexpr std::size_t remarkLimit = 400;

std::string reasonFor(const model::TokenCertificate& one, const x509::Certificate& certificate)
{
    if (certificate.isAuthority()) return "it is an authority's";
    if (one.publicKey.empty())
        return one.privateKey ? "the public key to its id cannot be read in the token"
                              : "no key with its id is to be seen in the token without a PIN";
    if (one.publicKey != certificate.publicKeyDer())
        return "the key with its id in the token is another one";
    return {};
}

} // namespace

Discovery placesOf(
    model::TokenListing listing, const std::string& module, const std::string& service)
{
    // A token gives its objects in any order.
    std::sort(
        listing.certificates.begin(), listing.certificates.end(), [](const auto& a, const auto& b) {
            return std::tie(a.token, a.label, a.id, a.certificate) <
                   std::tie(b.token, b.label, b.id, b.certificate);
        });
    Discovery found;
    for (const auto& remark : listing.remarks)
        found.skip(module + ": " + toPrintable(remark, remarkLimit));
    std::map<std::pair<std::string, std::string>, int> named;
    for (const auto& one : listing.certificates)
        ++named[{one.token, one.label}];
    for (const auto& one : listing.certificates) {
        const bool alone = !one.label.empty() && named.at({one.token, one.label}) == 1;
        const auto uri = model::TokenUri{one.token, one.label, alone ? Bytes() : one.id}.text();
        const auto certificate = x509::Certificate::fromDer(one.certificate);
        if (!certificate) {
            found.skip(uri + ": " + certificate.error().message);
            continue;
        }
        auto reason = reasonFor(one, *certificate);
        if (reason.empty() && !alone) reason = "several certificates in the token have its label";
        if (!reason.empty()) {
            found.found.push_back(
                {{"pkcs11", uri, ""}, certificate->isAuthority() ? "authority" : "end-entity", "",
                    reason, model::factsOf(*certificate)});
            continue;
        }
        DiscoveredPlace place{{"pkcs11", uri, uri}, service, {}};
        place.certificatePem = certificate->toPem();
        if (!one.privateKey)
            place.warnings.emplace_back("only the public half of its key is to be seen in the "
                                        "token without a PIN");
        found.places.push_back(std::move(place));
    }
    return found;
}

Result<Discovery> Pkcs11Discovery::discover()
{
    if (auto status = checkProgram(keeper_.program); !status) return status.error();
    const auto finished = run(keeper_);
    if (!finished) return finished.error();
    if (finished->status != 0)
        return Error{ErrorKind::Unavailable,
            keeper_.program + " ended with status " + std::to_string(finished->status) +
                "; it said: " + toPrintable(finished->errorOutput, remarkLimit)};
    auto listing = model::tokenListingFromJson(finished->output);
    if (!listing) return listing.error().in(keeper_.program);
    return placesOf(*std::move(listing), keeper_.arguments.back(), service_);
}

Result<std::unique_ptr<DiscoverySource>> makePkcs11Discovery(const PluginSettings& settings)
{
    Command keeper;
    keeper.program = keeperProgram;
    keeper.timeout = keeperLimit;
    keeper.outputLimit = model::TokenListing::textLimit;
    std::string module;
    std::string service;
    for (const auto& [key, value] : settings) {
        if (key == "variables") {
            for (const auto& line : linesOf(value)) {
                const auto variable = variableFrom(line);
                if (!variable) return variable.error().in("variables");
                keeper.environment.insert(*variable);
            }
            continue;
        }
        if (key != "module" && key != "keeper" && key != "service")
            return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        if (key != "service" && (!value.starts_with('/') || value.find('\n') != std::string::npos))
            return Error{ErrorKind::InvalidInput, key + ": must be an absolute path"};
        (key == "module" ? module : key == "keeper" ? keeper.program : service) = value;
    }
    if (module.empty()) return Error{ErrorKind::InvalidInput, "module: is missing"};
    if (!service.empty() && !model::isSafeIdentifier(service))
        return Error{ErrorKind::InvalidInput, "service: letters, digits, \"-\", \"_\" and \".\""};
    keeper.arguments = {"list", "--module", module};
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<Pkcs11Discovery>(std::move(keeper), std::move(service));
    return source;
}

} // namespace perennial::plugins
