#pragma once

#include "shared/tls/client_handshake.h"
#include "shared/tls/tls_connection.h"
#include "tests/unit/http/server_fixture.h"

#include <array>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>

namespace perennial::test {

inline FileDescriptor connectTo(int port)
{
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    return socket;
}

// A client that sends without listening, and sees how the connection ends.
class RawClient {
public:
    RawClient(const RunningServer& running, const tls::ClientSettings& settings)
        : rules_(settings), context_(SSL_CTX_new(TLS_client_method()))
    {
        REQUIRE(rules_.configure(context_.get(), "localhost").ok());
        connection_.emplace(
            context_.get(), connectTo(running.server->port()), tls::TlsConnection::Role::Client);
        REQUIRE(finish([&] { return connection_->handshake(); }) == tls::Progress::Done);
    }
    void send(const std::string& text)
    {
        for (std::size_t sent = 0, taken = 0; sent < text.size(); sent += taken) {
            const auto part = std::string_view(text).substr(sent, 10'000);
            if (finish([&] { return connection_->write(part.data(), part.size(), taken); }) !=
                tls::Progress::Done)
                return;
        }
    }
    std::string receive()
    {
        std::string all;
        std::array<char, 4096> block{};
        std::size_t got = 0;
        while (finish([&] { return connection_->read(block.data(), block.size(), got); }) ==
               tls::Progress::Done)
            all.append(block.data(), got);
        return all;
    }
    const std::string& alert() const { return rules_.alert(); }
    // After everything was received: an orderly end, not a reset.
    bool endedInOrder()
    {
        char byte = 0;
        pollfd waiting{connection_->descriptor(), POLLIN, 0};
        (void)::poll(&waiting, 1, 10'000);
        return ::recv(connection_->descriptor(), &byte, 1, MSG_DONTWAIT) == 0;
    }

private:
    template <class Step>
    tls::Progress finish(const Step& step)
    {
        for (;;) {
            const auto progress = step();
            if (progress != tls::Progress::NeedsRead && progress != tls::Progress::NeedsWrite)
                return progress;
            const bool read = progress == tls::Progress::NeedsRead;
            pollfd waiting{
                connection_->descriptor(), static_cast<short>(read ? POLLIN : POLLOUT), 0};
            REQUIRE(::poll(&waiting, 1, 10'000) == 1);
        }
    }

    tls::ClientHandshake rules_;
    tls::SslContextHandle context_;
    std::optional<tls::TlsConnection> connection_;
};

// What the server answers to these bytes, until it closes.
inline std::string answerTo(
    const HttpPki& fixture, const RunningServer& running, const std::string& text)
{
    RawClient client(running, fixture.trusting());
    client.send(text);
    return client.receive();
}

} // namespace perennial::test
