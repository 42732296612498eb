#pragma once

#include "shared/base/encoding.h"
#include "shared/x509/openssl_handles.h"

#include <memory>
#include <mutex>
#include <string_view>

namespace perennial::x509 {

// A certificate as OpenSSL reads it. OpenSSL 3.0 builds a new decoder for the key of each, which
// takes ten times as long as all the rest; most are read for what else they say. So the key is read
// by readPublicKey()'s short way, and a form that OpenSSL itself can verify or send with is made
// only when somebody wants it.
class ParsedCertificate {
public:
    // Null: not a certificate. Nothing else is checked.
    static std::shared_ptr<const ParsedCertificate> read(std::string_view der);
    explicit ParsedCertificate(std::shared_ptr<X509> whole);

    X509* fields() const { return fields_.get(); } // its key is not to be asked for
    X509* whole() const;                           // with its key; shared by threads
    EVP_PKEY* key() const { return key_.get(); }   // null: it cannot be read
    const Bytes& der() const { return der_; }      // as OpenSSL writes it

private:
    ParsedCertificate(std::shared_ptr<X509> fields, KeyHandle key);

    std::shared_ptr<X509> fields_;
    KeyHandle key_;
    Bytes der_;
    mutable std::once_flag completed_;
    mutable std::shared_ptr<X509> whole_;
};

} // namespace perennial::x509
