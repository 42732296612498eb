#pragma once

#include "shared/tls/openssl_tls.h"

namespace perennial::tls {

// What the connections of a server share. Immutable, used by many threads at once. Sessions are
// resumed by ticket (RFC 8446 4.6.1) with keys of this context's own: nothing is kept per session,
// and a new context resumes nothing of an old one.
class ServerContext {
public:
    // InvalidInput: client certificates are wanted but there are no anchors, or the identity is
    // unusable.
    static Result<std::shared_ptr<const ServerContext>> make(const ServerSettings& settings);
    SSL_CTX* handle() const { return handle_.get(); }

private:
    explicit ServerContext(SslContextHandle handle) : handle_(std::move(handle)) {}

    SslContextHandle handle_;
};

} // namespace perennial::tls
