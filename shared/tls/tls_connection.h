#pragma once

#include "shared/base/file_descriptor.h"
#include "shared/tls/openssl_tls.h"

#include <optional>
#include <string>

namespace perennial::tls {

// What a step came to. After NeedsRead or NeedsWrite: wait until the socket is ready, then call
// again.
enum class Progress { Done, NeedsRead, NeedsWrite, Closed, Failed };

// One TLS connection over a socket that it owns. No call waits, and none raises SIGPIPE.
class TlsConnection {
public:
    enum class Role { Client, Server };
    TlsConnection(SSL_CTX* context, FileDescriptor socket, Role role);

    Progress handshake();
    Progress read(char* buffer, std::size_t size, std::size_t& got);
    Progress write(const char* bytes, std::size_t size, std::size_t& taken);
    void sendCloseNotify(); // once, if there is room; never waits for the other side's

    // Of the handshake's other side, whether by full handshake or by resumption. One that our own
    // strict reading refuses is none.
    std::optional<x509::Certificate> peerCertificate() const;
    std::optional<x509::Certificate> verifiedIssuer() const; // of it; see verifiedIssuerOf()
    std::optional<x509::Certificate> ownCertificate() const; // what this side shows
    std::string protocol() const;                            // "TLSv1.3"
    // After Failed: why, for a person.
    const std::string& failure() const { return failure_; }
    int descriptor() const { return socket_.get(); }
    SSL* handle() const { return ssl_.get(); }

private:
    Progress judge(int returned);

    FileDescriptor socket_;
    SslHandle ssl_;
    std::string failure_;
    bool broken_ = false; // after a fatal error OpenSSL allows no further call
};

} // namespace perennial::tls
