// What the application decides before a body is read.

#include "tests/unit/http/raw_client.h"
#include "tests/unit/http/server_fixture.h"

#include <atomic>
#include <stdexcept>

using namespace perennial;
using namespace perennial::test;

namespace {

http::Answer told(int status, const std::string& message)
{
    return {status, "text/plain", message, {}};
}

// /small takes 10 bytes, /closed nothing at all, /broken fails; the server's own limit is 1 MB.
struct Receiving {
    HttpPki fixture;
    std::atomic<int> asked{0};
    std::atomic<int> called{0};
    RunningServer running{fixture, ClientCertificate::Optional,
        [this](const http::Call& call) {
            ++called;
            return describe(call);
        },
        {}, "127.0.0.1",
        {[this](const http::Call& call) -> http::Admission {
             ++asked;
             CHECK(call.body.empty());
             if (call.path == "/broken") throw std::runtime_error("the application's own");
             if (call.path == "/small") return {10, std::nullopt};
             if (call.path == "/closed")
                 return {10,
                     told(429, "not now, " + call.remoteAddress + " " + call.headers.at("x-who") +
                                   (call.peer ? call.peer->commonName() : ""))};
             return {1000, std::nullopt};
         },
            told}};

    std::string ask(std::vector<std::string> more)
    {
        more.insert(more.end(), {"-H", "X-Who: me"});
        return curl(fixture, std::move(more));
    }
};

} // namespace

TEST_CASE("each call has its own limit, and hears it when it brings more")
{
    Receiving receiving;
    const std::string ten(10, 'x');
    const auto small = receiving.running.url("/small");
    for (const std::string& form : {std::string("Expect:"), std::string("Expect: 100-continue"),
             std::string("Transfer-Encoding: chunked")}) {
        CAPTURE(form);
        CHECK(contains(receiving.ask({"-d", ten, "-H", form, small}), "body=10 "));
        const int before = receiving.called;
        CHECK(receiving.ask({"-d", ten + "x", "-H", form, small}) ==
              "the body is over 10 bytes\n413");
        CHECK(receiving.called == before);
    }
    const auto more = "@" + receiving.fixture.folder.write("more", std::string(1000, 'x'));
    CHECK(
        contains(receiving.ask({"--data-binary", more, receiving.running.url("/")}), "body=1000 "));
}

TEST_CASE("a refused call is answered before its body comes, and the body is never asked for")
{
    Receiving receiving;
    RawClient client(receiving.running, receiving.fixture.trusting());
    client.send("POST /closed HTTP/1.1\r\nHost: x\r\nX-Who: me\r\nExpect: 100-continue\r\n"
                "Content-Length: 5\r\n\r\n");
    const auto answer = client.receive(); // without one byte of the body
    CHECK(answer.rfind("HTTP/1.1 429 ", 0) == 0);
    CHECK(contains(answer, "Connection: close\r\n"));
    CHECK(contains(answer, "not now, 127.0.0.1 me"));
    CHECK(receiving.called == 0);
    // One that sends all the same still hears the answer.
    const auto large = "@" + receiving.fixture.folder.write("large", std::string(5U << 20U, 'x'));
    for (const std::string& form : {std::string("Expect:"), std::string("Expect: 100-continue"),
             std::string("Transfer-Encoding: chunked")})
        CHECK(receiving.ask({"--data-binary", large, "-H", form,
                  receiving.running.url("/closed")}) == "not now, 127.0.0.1 me\n429");
    CHECK(receiving.called == 0);
}

TEST_CASE("a refusal without a body keeps the connection, and the next call is asked about anew")
{
    Receiving receiving;
    const auto answers = answerTo(receiving.fixture, receiving.running,
        "GET /closed HTTP/1.1\r\nHost: x\r\nX-Who: me\r\n\r\n"
        "HEAD /closed HTTP/1.1\r\nHost: x\r\nX-Who: me\r\n\r\n"
        "GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(contains(answers, "not now, 127.0.0.1 meHTTP/1.1 429 ")); // HEAD: no body
    CHECK(contains(answers, "GET /open body=0"));
    CHECK(receiving.asked == 3);
    CHECK(receiving.called == 1);
}

TEST_CASE("who asks is known by then")
{
    Receiving receiving;
    receiving.fixture.pki.issueClient("web1", "root");
    const auto answer = receiving.ask(
        withClient(receiving.fixture.pki["web1"], {receiving.running.url("/closed")}));
    CHECK(answer == "not now, 127.0.0.1 meweb1\n429");
}

TEST_CASE("an application that fails admits nobody")
{
    Receiving receiving;
    CHECK(receiving.ask({"-d", "x", receiving.running.url("/broken")}) == "\n500");
    CHECK(receiving.called == 0);
}

TEST_CASE("what the server refuses by itself has the application's form")
{
    Receiving receiving;
    const auto answer = [&](const std::string& text) {
        return answerTo(receiving.fixture, receiving.running, text);
    };
    const std::string get = "GET / HTTP/1.1\r\n";
    CHECK(contains(answer(get + "\r\n"), "\r\n\r\nthe request is malformed"));
    CHECK(contains(answer("GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"),
        "target is too long"));
    CHECK(
        contains(answer(get + "X: " + std::string(40'000, 'x') + "\r\n\r\n"), "head is too large"));
    CHECK(contains(answer(get + "Host: x\r\nExpect: coffee\r\n\r\n"), "100-continue"));
    CHECK(contains(answer("GET / HTTP/1.2\r\nHost: x\r\n\r\n"), "HTTP/1.1"));
    CHECK(contains(answer("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"),
        "the only transfer coding"));
    CHECK(receiving.asked == 0);
}
