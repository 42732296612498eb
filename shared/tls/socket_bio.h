#pragma once

#include <openssl/bio.h>

namespace perennial::tls {

// A BIO over a socket that neither waits nor raises SIGPIPE, unlike OpenSSL's own. Does not close
// it. Null when memory is out.
BIO* newSocketBio(int socket);

} // namespace perennial::tls
