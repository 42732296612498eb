#pragma once

#include "shared/x509/certificate.h"

namespace perennial::tls {

// The channel binding "tls-server-end-point" (RFC 5929 4.1) of a connection that shows this
// certificate: its hash, by the hash function of its signature, by SHA-256 where that is MD5 or
// SHA-1. Empty where the RFC defines none (Ed25519): then nobody can bind.
Bytes serverEndPoint(const x509::Certificate& certificate);

} // namespace perennial::tls
