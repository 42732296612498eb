#pragma once

#include "shared/base/process.h"
#include "shared/model/token_listing.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::plugins {

// Certificates in the tokens of one PKCS#11 module that the administrator named. The module is
// foreign code: perennial-token-keeper loads it, in a process of its own without capabilities; no
// PIN is used. Kind: "pkcs11". Settings: `module`; `variables`, a list of "NAME=value" for it;
// `keeper`, where perennial-token-keeper is; `service`, the name of who uses the tokens.
class Pkcs11Discovery final : public DiscoverySource {
public:
    Pkcs11Discovery(Command keeper, std::string service)
        : keeper_(std::move(keeper)), service_(std::move(service))
    {
    }

    Result<Discovery> discover() override;

private:
    Command keeper_;
    std::string service_;
};

// What a listing stands for: a certificate with its public key beside it, under a label of its own,
// is a place; every other one is found. Pure.
Discovery placesOf(
    model::TokenListing listing, const std::string& module, const std::string& service);

Result<std::unique_ptr<DiscoverySource>> makePkcs11Discovery(const PluginSettings& settings);

} // namespace perennial::plugins
