#pragma once

#include "shared/tls/tls_connection.h"
#include "tests/support/test_pki.h"

#include <array>
#include <doctest/doctest.h>
#include <optional>
#include <sys/socket.h>

namespace perennial::test {

inline tls::Identity identityOf(const TestCertificate& files, bool withRoot = false)
{
    auto identity = tls::loadIdentity(withRoot ? files.fullChain : files.chain, files.key);
    REQUIRE(identity.ok());
    return *identity;
}

// Both ends of one connection in this thread, after as much of a handshake as they came to.
struct TlsPair {
    TlsPair(SSL_CTX* clientContext, SSL_CTX* serverContext, SSL_SESSION* session = nullptr)
    {
        using tls::TlsConnection;
        std::array<int, 2> sockets{};
        REQUIRE(::socketpair(
                    AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets.data()) == 0);
        client.emplace(clientContext, FileDescriptor(sockets[0]), TlsConnection::Role::Client);
        server.emplace(serverContext, FileDescriptor(sockets[1]), TlsConnection::Role::Server);
        if (session != nullptr) REQUIRE(SSL_set_session(client->handle(), session) == 1);
        for (int i = 0; i < 10; ++i) {
            clientProgress = client->handshake();
            serverProgress = server->handshake();
        }
    }
    std::optional<tls::TlsConnection> client;
    std::optional<tls::TlsConnection> server;
    tls::Progress clientProgress = tls::Progress::NeedsRead;
    tls::Progress serverProgress = tls::Progress::NeedsRead;
};

} // namespace perennial::test
