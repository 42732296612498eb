#pragma once

#include "shared/tls/tls_settings.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/openssl_handles.h"

#include <openssl/ssl.h>

namespace perennial::tls {

using SslContextHandle = std::unique_ptr<SSL_CTX, x509::FreeWith<&SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, x509::FreeWith<&SSL_free>>;

// What clients and servers of ours have in common: TLS 1.2 or later, 112 bits of security (RSA from
// 2048 bits, no SHA-1 in signatures), nothing from OpenSSL's own certificate folders.
Status secure(SSL_CTX* context);
// The certificate, the chain behind it and the key, which stays where it is.
Status present(SSL_CTX* context, const Identity& identity);
// These and no others are where a path may end; an authority in the middle may be one.
Status trust(SSL_CTX* context, const std::vector<x509::Certificate>& anchors);

// Whose certificate the connection shows; on a resumed one, that of the first handshake.
std::optional<x509::Certificate> peerCertificateOf(const SSL* connection);
// Whose signature on it this very handshake has verified; none on a resumed connection.
std::optional<x509::Certificate> verifiedIssuerOf(const SSL* connection);

// A path of RFC 5280 6 is at most this long.
inline constexpr int pathLimit = 10;

} // namespace perennial::tls
