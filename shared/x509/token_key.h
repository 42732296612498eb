#pragma once

#include "shared/base/secret.h"
#include "shared/x509/private_key.h"

#include <string>

namespace perennial::x509 {

// A PKCS#11 token: a module that the administrator named, and the PIN of its user.
struct Token {
    std::string module; // absolute path of the shared object
    Secret pin;
};

// A key that never leaves its token; it signs through it, from many threads. `uri` as of RFC 7512,
// "pkcs11:token=perennial;object=issuing"; a PIN in it is refused, as configurations are read by
// many. A wrong PIN is tried once: tokens lock themselves. toPem() of such a key is empty.
// All keys of a process are in tokens of the same module. NotFound without such a key; Unavailable
// when the token or the OpenSSL engine for it (libengine-pkcs11-openssl) is not there.
Result<PrivateKey> openTokenKey(const Token& token, const std::string& uri);

} // namespace perennial::x509
