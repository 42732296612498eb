#pragma once

#include "shared/plugin_api/issuer.h"

namespace perennial::plugins {

// In one of the service's formats: "cms", "cmc", or "pkcs10" for peers that take the TLS
// certificate for the old key's signature. InvalidInput for a certificate that cannot authenticate
// a renewal.
Result<PreparedRequest> prepareRenewalRequest(
    const RenewalMaterial& material, const std::string& format);

} // namespace perennial::plugins
