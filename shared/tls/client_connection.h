#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/tls/tls_settings.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace perennial::tls {

class ClientHandshake;
class TlsConnection;

// A TLS connection. Calls wait, but never longer than they are told. One thread.
class ClientConnection {
public:
    struct Target {
        std::string host; // a name or an address
        int port;
        std::string serverName; // that the certificate must carry; empty: the host
    };

    // PermissionDenied: the server's certificate is not acceptable, or the server refused this
    // side. Unavailable: nobody there, or no TLS.
    static Result<std::unique_ptr<ClientConnection>> open(
        const Target& target, const ClientSettings& settings, std::chrono::milliseconds timeout);
    ~ClientConnection();
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    // All of it, into this machine's buffers: that says nothing of the other side.
    Status write(std::string_view bytes, std::chrono::milliseconds timeout);
    // What the other side said, at least a byte; nothing after its end. Unavailable: nothing in
    // time.
    Result<std::size_t> read(char* buffer, std::size_t size, std::chrono::milliseconds timeout);
    bool holdsMore() const; // received and not yet read: the socket alone does not tell
    int descriptor() const; // for waiting

    // For protocols in which only this side speaks (RFC 5425).
    // Ok when the connection is still open after so long. An Error as soon as the other side ends
    // it; what it says otherwise is dropped. Under TLS 1.3 a refused client certificate shows first
    // here.
    Status watch(std::chrono::milliseconds howLong);
    // Whether the other side's machine has confirmed every byte (it may not have read them yet).
    bool confirmed() const;
    // close_notify, then waits for the other side's end, so that nothing under way is lost.
    void close(std::chrono::milliseconds timeout);

private:
    ClientConnection(Target target, std::unique_ptr<ClientHandshake> handshake,
        std::unique_ptr<TlsConnection> connection);
    Status shakeHands(const Deadline& deadline);
    Error failure(const std::string& what) const;

    Target target_;
    std::unique_ptr<ClientHandshake> handshake_; // outlives the connection
    std::unique_ptr<TlsConnection> connection_;
    bool established_ = false;
    bool closed_ = false;
};

} // namespace perennial::tls
