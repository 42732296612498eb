// Clients that are slow, silent or many.

#include "shared/tls/client_handshake.h"
#include "shared/tls/tls_connection.h"
#include "tests/unit/http/server_fixture.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

using namespace perennial;
using namespace perennial::test;

namespace {

FileDescriptor connectTo(int port)
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

http::ServerLimits limitsOf(int connections, int threads, int keepAlive, int request)
{
    http::ServerLimits limits;
    limits.connections = connections;
    limits.threads = threads;
    limits.keepAliveSeconds = keepAlive;
    limits.requestSeconds = request;
    return limits;
}

// Handlers that come in wait here until they are let go.
class Gate {
public:
    http::Answer pass(const http::Call& call)
    {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
        return describe(call);
    }
    void waitFor(int count)
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ >= count; });
    }
    void open()
    {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;
    bool open_ = false;
};

} // namespace

TEST_CASE("clients that never say a word do not keep others out")
{
    const HttpPki fixture;
    const RunningServer running(fixture, ClientCertificate::No, describe, limitsOf(512, 2, 30, 30));
    std::vector<FileDescriptor> silent;
    for (int i = 0; i < 100; ++i)
        silent.push_back(connectTo(running.server->port()));
    CHECK(contains(curl(fixture, {running.url()}), "\n200"));
}

TEST_CASE("slow handshakes, heads, bodies and idle connections come to an end")
{
    const HttpPki fixture;
    const RunningServer running(fixture, ClientCertificate::No, describe, limitsOf(512, 2, 1, 1));
    const auto silent = connectTo(running.server->port());
    // Each of these would go on for ever: the tool ends when the server closes.
    const auto head = sendRaw(running, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    CHECK(contains(head, "HTTP/1.1 408 "));
    const auto body = sendRaw(running, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
    CHECK(contains(body, "HTTP/1.1 408 "));
    const auto idle = sendRaw(running, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(contains(idle, "HTTP/1.1 200 "));
    CHECK_FALSE(contains(idle, "408"));
    char byte = 0;
    CHECK(::recv(silent.get(), &byte, 1, 0) == 0);
}

TEST_CASE("a refused client that goes on sending hears why, and no reset")
{
    const HttpPki fixture;
    const std::string large = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" +
                              std::string(3'000'000, 'x');
    SUBCASE("for its request")
    {
        const RunningServer running(fixture);
        RawClient client(running, fixture.trusting());
        client.send(large);
        CHECK(contains(client.receive(), "HTTP/1.1 413 "));
        CHECK(client.endedInOrder());
    }
    SUBCASE("for its missing certificate")
    {
        const RunningServer running(fixture, ClientCertificate::Required);
        RawClient client(running, fixture.trusting()); // TLS 1.3: its own side is done
        client.send(large);
        CHECK(client.receive().empty());
        CHECK_FALSE(client.alert().empty());
        CHECK(client.endedInOrder());
    }
}

TEST_CASE("a full server closes an idle connection for a new client, and turns others away")
{
    const HttpPki fixture;
    Gate gate;
    const RunningServer running(
        fixture, ClientCertificate::No,
        [&gate](const http::Call& call) {
            return call.path == "/wait" ? gate.pass(call) : describe(call);
        },
        limitsOf(2, 4, 600, 600));
    http::Client first(fixture.trusting());
    CHECK(first.send({"GET", running.url(), {}, {}}).ok());
    std::vector<std::jthread> busy;
    std::atomic<int> answered{0};
    for (int i = 0; i < 2; ++i)
        busy.emplace_back([&] {
            if (get(fixture.trusting(), running.url("/wait")).ok()) ++answered;
        });
    gate.waitFor(2); // the idle one had to go
    const auto turnedAway = get(fixture.trusting(), running.url());
    REQUIRE_FALSE(turnedAway.ok());
    CHECK(turnedAway.error().kind == ErrorKind::Unavailable);
    gate.open();
    busy.clear();
    CHECK(answered == 2);
    CHECK(first.send({"GET", running.url(), {}, {}}).ok()); // on a new connection
}

TEST_CASE("stopping finishes the calls under way")
{
    const HttpPki fixture;
    Gate gate;
    auto running = std::make_unique<RunningServer>(fixture, ClientCertificate::No,
        [&gate](const http::Call& call) { return gate.pass(call); });
    const int port = running->server->port();
    http::Client idle(fixture.trusting());
    Result<http::ClientResponse> answer = Error{ErrorKind::Internal, "not run"};
    std::jthread client([&] { answer = get(fixture.trusting(), urlOf(port)); });
    gate.waitFor(1);
    std::jthread stopping([&] { running.reset(); });
    gate.open();
    stopping.join();
    client.join();
    REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().message));
    CHECK(answer->status == 200);
    CHECK(get(fixture.trusting(), urlOf(port)).error().kind == ErrorKind::Unavailable);
}

TEST_CASE("many clients at once are all answered")
{
    const HttpPki fixture;
    const RunningServer running(
        fixture, ClientCertificate::Required, describe, limitsOf(64, 4, 30, 30));
    auto settings = fixture.trusting();
    settings.identity = identityOf(fixture.pki["web1"]);
    std::atomic<int> right{0};
    {
        std::vector<std::jthread> clients;
        for (int i = 0; i < 8; ++i)
            clients.emplace_back([&, i] {
                http::Client client(settings);
                for (int j = 0; j < 10; ++j) {
                    const std::string path = "/" + std::to_string(i) + "/" + std::to_string(j);
                    const auto answer =
                        client.send({"POST", running.url(path), {}, std::string(5000, 'x')});
                    if (answer.ok() &&
                        contains(answer->body, "POST " + path + " body=5000 peer=web1"))
                        ++right;
                    if (j % 3 == 0) client.closeConnections();
                }
            });
    }
    CHECK(right == 80);
}
