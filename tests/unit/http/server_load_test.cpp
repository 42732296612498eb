// Clients that are slow, silent or many.

#include "tests/unit/http/raw_client.h"
#include "tests/unit/http/server_fixture.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <sys/socket.h>
#include <thread>

using namespace perennial;
using namespace perennial::test;

namespace {

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
    CHECK_FALSE(contains(idle, "HTTP/1.1 408 "));
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
