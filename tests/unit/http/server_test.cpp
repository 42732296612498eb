// HTTP as the server speaks it: to curl, and to bytes sent as they are through openssl s_client.

#include "tests/unit/http/raw_client.h"
#include "tests/unit/http/server_fixture.h"

#include <atomic>
#include <stdexcept>

using namespace perennial;
using namespace perennial::test;

namespace {

int statusOf(const std::string& output)
{
    const auto at = output.find("HTTP/1.1 ");
    return at == std::string::npos ? 0 : std::stoi(output.substr(at + 9, 3));
}

http::ServerLimits smallLimits()
{
    http::ServerLimits limits;
    limits.body = 1000;
    return limits;
}

http::Answer echo(const http::Call& call)
{
    return {200, "application/octet-stream", call.body, {}};
}

} // namespace

TEST_CASE("bodies arrive whole, by length and in chunks, with and without Expect")
{
    const HttpPki fixture;
    http::ServerLimits limits;
    limits.body = 3U << 20U;
    const RunningServer running(fixture, ClientCertificate::No, echo, limits);
    std::string body(2U << 20U, '\0');
    for (std::size_t i = 0; i < body.size(); ++i)
        body[i] = static_cast<char>(i * 31 + i / 256);
    const auto file = "@" + fixture.folder.write("body", body);
    for (const std::vector<std::string>& headers :
        {std::vector<std::string>{}, {"-H", "Transfer-Encoding: chunked"}, {"-H", "Expect:"},
            {"-H", "Expect: 100-continue"}}) {
        std::vector<std::string> arguments = {"--data-binary", file, running.url("/echo")};
        arguments.insert(arguments.end(), headers.begin(), headers.end());
        CHECK(curl(fixture, arguments) == body + "\n200");
    }
    const auto own = http::Client(fixture.trusting()).send({"POST", running.url(), {}, body});
    REQUIRE(own.ok());
    CHECK(own->body == body);
}

TEST_CASE("a body over the limit is refused with 413 while it is read")
{
    const HttpPki fixture;
    std::atomic<int> calls{0};
    const RunningServer running(
        fixture, ClientCertificate::No,
        [&calls](const http::Call& call) {
            ++calls;
            return echo(call);
        },
        smallLimits());
    const std::string most(1000, 'x');
    CHECK(curl(fixture, {"-d", most, running.url()}) == most + "\n200");
    CHECK(curl(fixture, {"-d", most, "-H", "Transfer-Encoding: chunked", running.url()}) ==
          most + "\n200");
    calls = 0;
    const auto large = "@" + fixture.folder.write("large", std::string(5U << 20U, 'x'));
    for (const std::string& data : {most + "x", large}) {
        CHECK(curl(fixture, {"--data-binary", data, "-H", "Expect:", running.url()}) == "\n413");
        CHECK(curl(fixture, {"--data-binary", data, "-H", "Expect: 100-continue", running.url()}) ==
              "\n413");
        CHECK(curl(fixture, {"--data-binary", data, "-H", "Transfer-Encoding: chunked", "-H",
                                "Expect:", running.url()}) == "\n413");
    }
    // Whoever asks first is not told to go on.
    CHECK(statusOf(sendRaw(running, "POST / HTTP/1.1\r\nHost: x\r\nExpect: "
                                    "100-continue\r\nContent-Length: 1001\r\n\r\n")) == 413);
    const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    CHECK(statusOf(sendRaw(running, chunked + "FFFFFFFF\r\nabc")) == 413);
    CHECK(calls == 0);
}

TEST_CASE("curl waits for 100 Continue and gets it")
{
    const HttpPki fixture;
    const RunningServer running(fixture, ClientCertificate::No, echo);
    // Longer than the time that curl waits before it sends the body anyway.
    const auto output = curl(fixture, {"--verbose", "-d", "hello", "-H", "Expect: 100-continue",
                                          "--expect100-timeout", "9", running.url()});
    CHECK(contains(output, "HTTP/1.1 100 Continue"));
    CHECK(contains(output, "hello\n200"));
}

TEST_CASE("connections are kept, HEAD has no body, and requests may come ahead of answers")
{
    const HttpPki fixture;
    const RunningServer running(fixture);
    const auto output = curl(fixture, {"--verbose", running.url("/a"), running.url("/b")});
    CHECK(contains(output, "GET /a body=0"));
    CHECK(contains(output, "GET /b body=0"));
    CHECK(contains(output, "Re-using existing connection"));

    const auto head = curl(fixture, {"--head", running.url("/a")});
    CHECK(contains(
        head, "Content-Length: " +
                  std::to_string(std::string("HEAD /a body=0 peer=none from=127.0.0.1").size())));
    CHECK_FALSE(contains(head, "peer="));

    std::string pipelined;
    for (int i = 0; i < 50; ++i)
        pipelined +=
            "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    pipelined += "\r\nGET /last HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n";
    const auto answers = answerTo(fixture, running, pipelined);
    std::size_t at = 0;
    for (int i = 0; i < 50; ++i) {
        at = answers.find("POST /" + std::to_string(i) + " body=3", at);
        CHECK(at != std::string::npos);
    }
    CHECK(contains(answers, "GET /last"));
}

TEST_CASE("paths are decoded once, and what is not a plain path never reaches the handler")
{
    const HttpPki fixture;
    const RunningServer running(fixture);
    const auto ask = [&](const std::string& target) {
        return sendRaw(
            running, "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    };
    CHECK(
        contains(ask("/a%20b/%C3%BC?x=1%262&y=a+b&z"), "GET /a b/\xC3\xBC x=1&2 y=a b z= body=0"));
    CHECK(contains(ask("/%2541"), "GET /%41 body"));
    CHECK(contains(ask("https://localhost/p?q=1"), "GET /p q=1 body"));
    for (const std::string wrong : {"/%", "/%4", "/%zz", "/%00", "/%0a", "/%7f", "/\x01", "/%ff",
             "/%c0%af", "/a/../b", "/..", "/%2e%2e/x", "/./a", "*", "x", "http://localhost/",
             "https://localhost", "/a#b", "/?a=1&a=2", "/?a=%0d", "/a b"}) {
        CAPTURE(wrong);
        CHECK(statusOf(ask(wrong)) == 400);
    }
}

TEST_CASE("requests that can be read in two ways are refused")
{
    const HttpPki fixture;
    std::atomic<int> calls{0};
    const RunningServer running(fixture, ClientCertificate::No, [&calls](const http::Call& call) {
        ++calls;
        return echo(call);
    });
    const auto status = [&](const std::string& text) {
        return statusOf(answerTo(fixture, running, text));
    };
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
    const std::string chunked = post + "Transfer-Encoding: chunked\r\n";
    const std::vector<std::string> wrong = {
        post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        post + "Content-Length: \r\nContent-Length: 3\r\n\r\nabc",
        post + "Content-Length: 3, 3\r\n\r\nabc", post + "Content-Length: +3\r\n\r\nabc",
        post + "Content-Length: -1\r\n\r\n", post + "Content-Length: \r\n\r\n",
        post + "Content-Length: 9999999999999999999\r\n\r\n",
        post + "Content-Length : 3\r\n\r\nabc", chunked + "Content-Length: 3\r\n\r\n0\r\n\r\n",
        chunked + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        chunked + "\r\n0x3\r\nabc\r\n0\r\n\r\n", chunked + "\r\n3\r\nabcd\r\n0\r\n\r\n",
        chunked + "\r\n\r\n\r\n", chunked + "\r\n-1\r\n\r\n",
        chunked + "\r\n000000003\r\nabc\r\n0\r\n\r\n",
        chunked + "\r\n3;" + std::string(300, 'x') + "\r\nabc\r\n0\r\n\r\n",
        chunked + "\r\n0\r\n" + std::string(5000, 'x') + "\r\n\r\n",
        chunked + "\r\n3\nabc\n0\n\n\r\n\r\n", post + "Host: y\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        post + "X Y: 1\r\n\r\n", post + "X\r\n\r\n", post + ": 1\r\n\r\n",
        post + "X: a\r\n folded\r\n\r\n", post + "X: a\rb\r\n\r\n", post + "X: a\nY: b\r\n\r\n",
        post + std::string("X: a\0b\r\n\r\n", 10), post + "X: =?utf-8?q?=0d=0a?=\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
        "GET /\r\nHost: x\r\n\r\n", "G\tT / HTTP/1.1\r\nHost: x\r\n\r\n", "nonsense\r\n\r\n",
        std::string("\x16\x03\x01\x00\r\n\r\n", 8)};
    for (const auto& text : wrong) {
        CAPTURE(text);
        CHECK(status(text) == 400);
    }
    CHECK(status(post + "Transfer-Encoding: gzip, chunked\r\n\r\n") == 501);
    CHECK(status(post + "Expect: the best\r\n\r\n") == 417);
    CHECK(status("GET / HTTP/2.0\r\nHost: x\r\n\r\n") == 505);
    CHECK(status("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n") == 414);
    CHECK(status(post + "X: " + std::string(40'000, 'a') + "\r\n\r\n") == 431);
    std::string many = post;
    for (int i = 0; i < 101; ++i)
        many += "X" + std::to_string(i) + ": 1\r\n";
    CHECK(status(many + "\r\n") == 431);
    CHECK(calls == 0);
    // Cut off in the middle: no answer at all, and no call.
    (void)sendRaw(running, chunked + "\r\n5\r\nab", {}, 1);
    CHECK(calls == 0);
    const auto trailers =
        sendRaw(running, chunked + "Connection: close\r\n\r\n2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n");
    CHECK(contains(trailers, "\r\n\r\nok"));
}

TEST_CASE("headers arrive in lower case, repeated ones joined, and HTTP/1.0 is answered once")
{
    const HttpPki fixture;
    const RunningServer running(fixture, ClientCertificate::No, [](const http::Call& call) {
        return http::Answer{200, "text/plain", call.headers.at("x-test"), {{"X-Own", "value"}}};
    });
    const auto answer = sendRaw(running, "GET / HTTP/1.0\r\nX-TEST: a\r\nx-test:  b c \t\r\n\r\n");
    CHECK(contains(answer, "\r\n\r\na, b c"));
    CHECK(contains(answer, "Connection: close"));
    CHECK(contains(answer, "X-Own: value"));
    CHECK(contains(answer, " GMT\r\n"));
}

TEST_CASE("a Kerberos token longer than 8 KiB arrives whole")
{
    const HttpPki fixture;
    std::string got;
    const RunningServer running(fixture, ClientCertificate::No, [&](const http::Call& call) {
        got = call.headers.at("authorization") + "|" + call.headers.at("x-test");
        return http::Answer{200, "text/plain", call.serverEndPoint, {}};
    });
    const std::string token(28'000, 'A');
    const auto answer =
        sendRaw(running, "GET / HTTP/1.0\r\nX-Test: a\r\nAUTHORIZATION:  Negotiate " + token +
                             " \t\r\nX-Test: b\r\n\r\n");
    CHECK(contains(answer, " 200 "));
    CHECK(got == "Negotiate " + token + "|a, b");
    got.clear();
    const auto twice =
        sendRaw(running, "GET / HTTP/1.0\r\nX-Test: a\r\nAuthorization: Basic QQ==\r\n"
                         "Authorization: Negotiate " +
                             token + "\r\n\r\n");
    CHECK(contains(twice, " 200 "));
    CHECK(got == "Basic QQ==, Negotiate " + token + "|a");
    got.clear();
    // No other field is longer than 8 KiB.
    CHECK(contains(sendRaw(running, "GET / HTTP/1.0\r\nX-Test: " + token + "\r\n\r\n"), " 400 "));
    CHECK(got.empty());
}

TEST_CASE("a handler that fails, or answers what cannot be sent, gives an empty 500")
{
    const HttpPki fixture;
    const RunningServer running(
        fixture, ClientCertificate::No, [](const http::Call& call) -> http::Answer {
            if (call.path == "/throw") throw std::runtime_error("the secret inside");
            if (call.path == "/throw-other") throw 42;
            if (call.path == "/header")
                return {200, "text/plain", "body", {{"X", "a\r\nSet-Cookie: b"}}};
            if (call.path == "/name") return {200, "text/plain", "body", {{"X: a\r\nY", "b"}}};
            if (call.path == "/length")
                return {200, "text/plain", "body", {{"Content-Length", "1"}}};
            if (call.path == "/type") return {200, "a\r\nb", "body", {}};
            if (call.path == "/status") return {99, "text/plain", "body", {}};
            if (call.path == "/nothing") return {204, "text/plain", "body", {}};
            return {404, "text/plain", "none", {}};
        });
    for (const std::string path :
        {"/throw", "/throw-other", "/header", "/name", "/length", "/type", "/status"}) {
        CAPTURE(path);
        CHECK(curl(fixture, {running.url(path)}) == "\n500");
    }
    CHECK(curl(fixture, {running.url("/nothing")}) == "\n204");
    CHECK(curl(fixture, {running.url("/else")}) == "none\n404");
}
