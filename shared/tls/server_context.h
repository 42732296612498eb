#pragma once

#include "shared/tls/openssl_tls.h"

namespace perennial::tls {

// What the connections of a server share; used by many threads at once. Sessions are resumed (RFC
// 8446 2.2) from this context's own memory, for an hour and not past the end of the client
// certificate. A new context resumes nothing of an old one.
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
