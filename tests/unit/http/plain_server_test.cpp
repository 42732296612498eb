#include "tests/support/child_process.h"
#include "tests/unit/http/server_fixture.h"

using namespace perennial;
using namespace perennial::test;

TEST_CASE("without TLS: curl is answered, over one connection, with large bodies too")
{
    const std::string large(3U << 20U, 'x');
    const Log log("test");
    const auto server = http::Server::startWithoutTls(
        {"127.0.0.1", 0}, {},
        [&](const http::Call& call) {
            if (call.path == "/large") return http::Answer{200, "text/plain", large, {}};
            return http::Answer{200, "text/plain", call.method + " " + call.path + call.body, {}};
        },
        log);
    REQUIRE_MESSAGE(server.ok(), server.error().message);
    const auto url = "http://127.0.0.1:" + std::to_string((*server)->port());
    CHECK(mustRun({"/usr/bin/curl", "-sS", url + "/a", url + "/b"}) == "GET /aGET /b");
    CHECK(mustRun({"/usr/bin/curl", "-sS", "-d", "!", url + "/post"}) == "POST /post!");
    CHECK(mustRun({"/usr/bin/curl", "-sS", url + "/large"}) == large);
    CHECK(mustRun({"/usr/bin/curl", "-sS", "-w", "%{num_connects}", url + "/a", url + "/b"}) ==
          "GET /a1GET /b0");
    // Who speaks TLS to it is refused like any other nonsense.
    const auto tls = "https://127.0.0.1:" + std::to_string((*server)->port());
    CHECK(runTool({"/usr/bin/curl", "-sS", "-k", tls}).status != 0);
}
