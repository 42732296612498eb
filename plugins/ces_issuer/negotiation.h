#pragma once

#include "shared/gss/initiator.h"
#include "shared/http/client/http_client.h"

#include <optional>
#include <string>

namespace perennial::plugins {

// What a WWW-Authenticate field (RFC 9110 11.6.1; several fields joined by commas) says of
// Negotiate: nullopt, that it is not offered; a token in base64, or nothing. The first one counts.
std::optional<std::string> negotiateIn(const std::string& challenges);

// HTTP Negotiate (RFC 4559) by Kerberos. The request goes out bare; a 401 that offers Negotiate is
// answered once, over a connection that shows the certificate which the token is bound to: where
// it shows another one, nothing is sent and a token for that one is made. The service's own token
// must come with what it answers to ours, and is checked: PermissionDenied. Every other answer is
// handed back, a 401 too.
Result<http::ClientResponse> sendNegotiated(http::Client& client, http::ClientRequest request,
    const gss::Initiator& initiator, gss::Trouble& trouble);

} // namespace perennial::plugins
