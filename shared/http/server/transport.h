#pragma once

#include "shared/tls/server_context.h"
#include "shared/tls/tls_connection.h"

#include <memory>
#include <optional>

namespace perennial::http {

// What carries one connection's bytes: TLS or, where a server was started without it, the bare
// socket. No call waits, and none raises SIGPIPE.
class Transport {
public:
    // Without a context: no TLS.
    Transport(std::shared_ptr<const tls::ServerContext> context, FileDescriptor socket);

    tls::Progress handshake(); // at once Done without TLS
    tls::Progress read(char* buffer, std::size_t size, std::size_t& got);
    tls::Progress write(const char* bytes, std::size_t size, std::size_t& taken);
    void sendCloseNotify();

    std::optional<x509::Certificate> peerCertificate() const;
    std::optional<x509::Certificate> verifiedIssuer() const;
    std::optional<x509::Certificate> ownCertificate() const;
    bool hasMore() const; // received and not yet read
    int descriptor() const { return tls_ ? tls_->descriptor() : socket_.get(); }

private:
    std::shared_ptr<const tls::ServerContext> context_; // as long as its connections
    FileDescriptor socket_;                             // without TLS
    std::optional<tls::TlsConnection> tls_;
};

} // namespace perennial::http
