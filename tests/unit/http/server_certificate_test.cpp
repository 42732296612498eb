// Whom a request is for, where it carries what is bound to the channel: nothing is sent to a server
// that shows another certificate. Against nginx.

#include "tests/unit/http/client_fixture.h"

#include <algorithm>
#include <optional>

using namespace perennial;
using namespace perennial::test;

namespace {

http::ClientRequest asking(int port)
{
    http::ClientRequest request;
    request.url = urlOf(port);
    request.identifyServer = true;
    return request;
}

struct TwoServers {
    TwoServers() { fixture.pki.issueServer("other", "issuing"); }
    void serve(const std::string& name)
    {
        nginx.reset();
        const auto log = fixture.folder / (name + ".log");
        nginx.emplace(port, nginxServer(port, fixture.pki[name],
                                "ssl_session_cache builtin:20; access_log " + log +
                                    "; return 200 $ssl_session_reused;"));
    }
    std::string asked(const std::string& name) const
    {
        return readText(fixture.folder / (name + ".log"));
    }

    HttpPki fixture;
    int port = freePort();
    std::optional<Nginx> nginx;
};

} // namespace

TEST_CASE("the certificate of the connection is told, on a kept one too, and only where asked for")
{
    TwoServers servers;
    servers.serve("example.test");
    http::Client client(servers.fixture.trusting());
    auto request = asking(servers.port);
    const auto shown = certificateOf(servers.fixture.pki["example.test"]);
    for (int time = 0; time < 2; ++time) {
        REQUIRE(client.send(request));
        REQUIRE(client.server().has_value());
        CHECK(*client.server() == shown);
        request.onlyTo = shown;
    }
    REQUIRE(client.send({"GET", urlOf(servers.port), {}, {}}));
    CHECK_FALSE(client.server().has_value());
}

TEST_CASE("a server that shows another certificate is sent nothing, whatever became of the first")
{
    TwoServers servers;
    servers.serve("example.test");
    http::Client client(servers.fixture.trusting());
    auto request = asking(servers.port);
    REQUIRE(client.send(request));
    request.onlyTo = client.server();
    request.headers["Authorization"] = "Negotiate AAAA";

    // The kept connection is dead; curl makes a new one by itself.
    servers.serve("other");
    const auto answer = client.send(request);
    REQUIRE_FALSE(answer.ok());
    CHECK(client.obstacle() == http::Obstacle::ServerChanged);
    CHECK(answer.error().kind == ErrorKind::Unavailable);
    REQUIRE(client.server().has_value());
    CHECK(*client.server() == certificateOf(servers.fixture.pki["other"]));
    CHECK(servers.asked("other").empty());

    request.onlyTo = client.server();
    CHECK(client.send(request));
    // And on a connection that is kept and alive.
    request.onlyTo = certificateOf(servers.fixture.pki["example.test"]);
    CHECK_FALSE(client.send(request).ok());
    CHECK(client.obstacle() == http::Obstacle::ServerChanged);
    servers.nginx.reset(); // its log is whole now
    const auto log = servers.asked("other");
    CHECK(std::count(log.begin(), log.end(), '\n') == 1);
}

TEST_CASE("no TLS session is resumed where the server is to be known")
{
    TwoServers servers;
    servers.serve("example.test");
    http::Client client(servers.fixture.trusting());
    const auto resumed = [&](const http::ClientRequest& request) {
        client.closeConnections();
        const auto answer = client.send(request);
        REQUIRE(answer);
        return answer->body == "r";
    };
    const http::ClientRequest plain{"GET", urlOf(servers.port), {}, {}};
    CHECK_FALSE(resumed(plain));
    CHECK(resumed(plain));
    CHECK_FALSE(resumed(asking(servers.port)));
}
