#include "agent/renewal/listener_eyes.h"

#include "shared/base/file_system.h"
#include "tests/support/openssl_server.h"

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;

namespace {

int connectTo(int port)
{
    const int made = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const void* where = &address;
    REQUIRE(::connect(made, static_cast<const sockaddr*>(where), sizeof address) == 0);
    return made;
}

// A service that reloads: its n-th connection is taken by the n-th of the given workers, and all
// further ones by the last.
class ReloadingService {
public:
    explicit ReloadingService(std::vector<int> workers) : workers_(std::move(workers))
    {
        const int one = 1;
        ::setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        const void* where = &address_;
        REQUIRE(::bind(listening_, static_cast<const sockaddr*>(where), sizeof address_) == 0);
        REQUIRE(::listen(listening_, 8) == 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~ReloadingService()
    {
        ::shutdown(listening_, SHUT_RDWR);
        thread_.join();
        ::close(listening_);
    }
    ReloadingService(const ReloadingService&) = delete;
    ReloadingService& operator=(const ReloadingService&) = delete;

    int port() const { return port_; }
    std::size_t taken() const { return taken_; }

private:
    void serve()
    {
        for (;;) {
            const int caller = ::accept(listening_, nullptr, nullptr);
            if (caller < 0) return;
            const int worker = connectTo(workers_[std::min(taken_.load(), workers_.size() - 1)]);
            ++taken_;
            while (pass(caller, worker)) {}
            ::close(worker);
            ::close(caller);
        }
    }
    // False when one side has ended.
    static bool pass(int caller, int worker)
    {
        std::array<pollfd, 2> ready = {pollfd{caller, POLLIN, 0}, pollfd{worker, POLLIN, 0}};
        if (::poll(ready.data(), ready.size(), 10'000) <= 0) return false;
        std::array<char, 8192> bytes{};
        const bool fromCaller = ready[0].revents != 0;
        const auto count = ::recv(fromCaller ? caller : worker, bytes.data(), bytes.size(), 0);
        if (count <= 0) return false;
        const auto size = static_cast<std::size_t>(count);
        return ::send(fromCaller ? worker : caller, bytes.data(), size, MSG_NOSIGNAL) == count;
    }

    std::vector<int> workers_;
    int port_ = freePort();
    sockaddr_in address_{
        AF_INET, htons(static_cast<std::uint16_t>(port_)), {htonl(INADDR_LOOPBACK)}, {}};
    int listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
    std::atomic<std::size_t> taken_{0};
    std::thread thread_;
};

struct Reload {
    Reload()
    {
        pki.makeRoot("root");
        oldServer = std::make_unique<OpensslServer>(
            pki.issueServer("old", "root"), std::vector<std::string>{"-quiet"});
        newServer = std::make_unique<OpensslServer>(
            pki.issueServer("new", "root"), std::vector<std::string>{"-quiet"});
    }
    std::string fingerprint() const
    {
        const auto pem = PosixFileSystem().read(pki["new"].certificate, 65536);
        return x509::Certificate::fromPem(*pem)->fingerprint();
    }
    Result<std::string> look(const ReloadingService& service) const
    {
        const SystemClock clock;
        model::Listener listener;
        listener.host = "127.0.0.1";
        listener.port = service.port();
        listener.serverName = "localhost";
        return ListenerEyes(clock, Duration(3)).seesServed({listener}, fingerprint());
    }

    TemporaryFolder folder;
    TestPki pki{folder};
    std::unique_ptr<OpensslServer> oldServer, newServer;
};

} // namespace

TEST_CASE(
    "an old worker that takes one more connection after a new one: looked at until all are new")
{
    const Reload reload;
    const int before = reload.oldServer->port();
    const int after = reload.newServer->port();
    const ReloadingService service({before, after, before, after, after, before, after});
    CHECK(reload.look(service).ok());
    CHECK(service.taken() == 9); // the three in a row are the seventh to the ninth
}

TEST_CASE("neighbours must show what they showed; who refuses connections is not there")
{
    Reload reload;
    const SystemClock clock;
    ListenerEyes eyes(clock, Duration(1));
    const auto at = [](int port) { return model::Listener{"127.0.0.1", port, "localhost", {}}; };
    const std::vector<model::Listener> both = {
        at(reload.oldServer->port()), at(reload.newServer->port())};
    auto shown = eyes.answering({both[0], both[1], at(freePort())});
    REQUIRE(shown.size() == 2);
    CHECK(shown[0].served != shown[1].served);
    CHECK(shown[1].served.text() == reload.fingerprint());
    CHECK(eyes.seesUnchanged(shown).ok());
    CHECK(eyes.anybodyListens({at(freePort()), both[0]}));
    CHECK_FALSE(eyes.anybodyListens({at(freePort())}));

    std::swap(shown[0].served, shown[1].served);
    const auto changed = eyes.seesUnchanged(shown);
    REQUIRE_FALSE(changed.ok());
    CHECK(changed.error().message.find("now shows the certificate") != std::string::npos);
    std::swap(shown[0].served, shown[1].served);
    reload.newServer.reset();
    CHECK_FALSE(eyes.seesUnchanged(shown).ok());
}

TEST_CASE("a service that shows the old certificate now and then is never seen as renewed")
{
    const Reload reload;
    std::vector<int> workers;
    for (int pair = 0; pair < 200; ++pair) {
        workers.push_back(reload.newServer->port());
        workers.push_back(reload.oldServer->port());
    }
    const ReloadingService service(workers);
    const auto seen = reload.look(service);
    REQUIRE_FALSE(seen.ok());
    CHECK(seen.error().message.find("still shows the certificate") != std::string::npos);
}

TEST_CASE(
    "a listener that was only observed may end; what it showed before is evidence all the same")
{
    Reload reload;
    const SystemClock clock;
    ListenerEyes eyes(clock, Duration(1));
    const auto at = [](int port) { return model::Listener{"127.0.0.1", port, "localhost", {}}; };
    const auto named = at(reload.newServer->port());
    auto other = at(freePort());
    const auto oldShown = eyes.answering({at(reload.oldServer->port())});
    REQUIRE(oldShown.size() == 1);
    other.served = oldShown.front().served;
    const auto look = [&](const std::vector<model::Listener>& listeners) {
        return eyes.seesServed(listeners, reload.fingerprint());
    };
    CHECK_FALSE(look({named, other}).ok()); // silent, and named
    other.observed = true;
    const auto seen = look({named, other});
    REQUIRE(seen.ok());
    CHECK(seen->find(std::to_string(other.port)) != std::string::npos);
    CHECK_FALSE(look({other}).ok()); // nothing proves it
    CHECK(eyes.seesUnchanged({other}).ok());

    other.port = reload.oldServer->port();
    const auto old = look({named, other});
    REQUIRE_FALSE(old.ok());
    CHECK(old.error().message.find("still shows the certificate") != std::string::npos);
    other.served = model::Fingerprint("ff"); // somebody else is there by now
    CHECK(look({named, other}).ok());
    CHECK_FALSE(eyes.seesUnchanged({at(freePort())}).ok());
}
