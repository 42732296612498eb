// HTTP as the client speaks it, against nginx and against raw answers sent by openssl s_server.

#include "tests/unit/http/client_fixture.h"

#include <cstdlib>

using namespace perennial;
using namespace perennial::test;

namespace {

// Sends the same bytes as an answer to whoever asks for /answer.
struct RawServer {
    explicit RawServer(const HttpPki& fixture, const std::string& bytes)
        : server(fixture.pki["example.test"],
              {"-HTTP", "-cert_chain", fixture.pki["issuing"].chain}, "127.0.0.1",
              (folder.write("answer", bytes), folder.path().string()))
    {
    }
    TemporaryFolder folder;
    OpensslServer server;
};

Result<http::ClientResponse> rawAnswer(
    const HttpPki& fixture, const std::string& bytes, http::ClientLimits limits = {})
{
    RawServer raw(fixture, bytes);
    return get(fixture.trusting(), urlOf(raw.server.port(), "/answer"), limits);
}

void checkKind(const Result<http::ClientResponse>& answer, ErrorKind kind, const std::string& what)
{
    REQUIRE_FALSE(answer.ok());
    CHECK_MESSAGE(answer.error().kind == kind, answer.error().message);
    CHECK_MESSAGE(answer.error().message.find(what) != std::string::npos, answer.error().message);
}

} // namespace

TEST_CASE("a request goes out as it was given, and its answer comes back")
{
    const HttpPki fixture;
    const int port = freePort();
    Nginx nginx(port,
        nginxServer(port, fixture.pki["example.test"],
            "add_header X-Two one; add_header X-Two two; add_header X-Empty \"\";"
            "location / { return 201 \"$request_method $request_uri $content_type $content_length "
            "[$http_x_test] $server_protocol $http_accept_encoding|$http_expect\"; }"));
    http::Client client(fixture.trusting());
    const auto posted = client.send({"POST", urlOf(port, "/a%20b?c=d"),
        {{"Content-Type", "text/plain"}, {"X-Test", "v w"}}, "12345"});
    REQUIRE_MESSAGE(posted.ok(), (posted.ok() ? "" : posted.error().message));
    CHECK(posted->status == 201);
    CHECK(posted->body == "POST /a%20b?c=d text/plain 5 [v w] HTTP/1.1 |");
    CHECK(posted->headers.at("x-two") == "one, two");
    CHECK(posted->headers.at("content-length") == std::to_string(posted->body.size()));

    CHECK(client.send({"GET", urlOf(port), {}, {}})->body == "GET /   [] HTTP/1.1 |");
    CHECK(client.send({"POST", urlOf(port), {}, {}})->body == "POST /  0 [] HTTP/1.1 |");
    CHECK(client.send({"DELETE", urlOf(port), {}, {}})->body == "DELETE /   [] HTTP/1.1 |");
    CHECK(client.send({"PUT", urlOf(port), {}, "12"})->body == "PUT /  2 [] HTTP/1.1 |");
    const auto head = client.send({"HEAD", urlOf(port), {}, {}});
    CHECK(head->status == 201);
    CHECK(head->body.empty());
}

TEST_CASE("redirects are answers, not instructions")
{
    const HttpPki fixture;
    const int port = freePort();
    Nginx nginx(port, nginxServer(port, fixture.pki["example.test"],
                          "location = / { return 302 https://localhost:" + std::to_string(port) +
                              "/elsewhere; } location = /elsewhere { return 200 followed; }"));
    const auto answer = get(fixture.trusting(), urlOf(port));
    REQUIRE(answer.ok());
    CHECK(answer->status == 302);
    CHECK(answer->headers.at("location") == urlOf(port, "/elsewhere"));
}

TEST_CASE("proxies of the environment are not used")
{
    const HttpPki fixture;
    const int port = freePort();
    Nginx nginx(port, nginxServer(port, fixture.pki["example.test"], "return 200 here;"));
    for (const char* name : {"https_proxy", "HTTPS_PROXY", "ALL_PROXY"})
        ::setenv(name, "http://127.0.0.1:1", 1);
    CHECK(get(fixture.trusting(), urlOf(port)).ok());
    for (const char* name : {"https_proxy", "HTTPS_PROXY", "ALL_PROXY"})
        ::unsetenv(name);
}

TEST_CASE("what is not an https URL, or carries a password, is refused without a connection")
{
    const HttpPki fixture;
    const std::map<std::string, std::string> wrong = {{"http://localhost/", "only https"},
        {"ftp://localhost/", "only https"}, {"file:///etc/passwd", "only https"},
        {"localhost/x", "URL"}, {"https:///x", "URL"}, {"https://a b/", "URL"},
        {"https://localhost:99999/", "URL"}, {"https://me:secret@localhost/", "user name"},
        {"https://localhost/#part", "fragment"}, {"https://localhost/\r\nX: y", "URL"}, {"", "URL"},
        {"https://localhost/" + std::string(9000, 'a'), "8192"}};
    for (const auto& [url, why] : wrong) {
        const auto answer = get(fixture.trusting(), url);
        checkKind(answer, ErrorKind::InvalidInput, why);
        CHECK(answer.error().message.find("secret") == std::string::npos);
    }
}

TEST_CASE("headers and methods cannot smuggle another request")
{
    const HttpPki fixture;
    http::Client client(fixture.trusting());
    for (const std::map<std::string, std::string>& headers :
        {std::map<std::string, std::string>{{"X", "a\r\nY: b"}}, {{"X\r\nY", "b"}}, {{"X Y", "b"}},
            {{"", "b"}}, {{"X", std::string("a\0b", 3)}}, {{"Content-Length", "1"}},
            {{"transfer-encoding", "chunked"}}, {{"Host", "other.test"}}})
        checkKind(
            client.send({"GET", urlOf(1), headers, {}}), ErrorKind::InvalidInput, "request header");
    checkKind(
        client.send({"GET / HTTP/1.1\r\n", urlOf(1), {}, {}}), ErrorKind::InvalidInput, "method");
    checkKind(client.send({"", urlOf(1), {}, {}}), ErrorKind::InvalidInput, "method");
}

TEST_CASE("answers are read up to their limits")
{
    const HttpPki fixture;
    http::ClientLimits limits;
    limits.body = 1000;
    const std::string start = "HTTP/1.1 200 OK\r\n";
    const auto sized = [&](std::size_t size) {
        return start + "Content-Length: " + std::to_string(size) + "\r\n\r\n" +
               std::string(size, 'x');
    };
    CHECK(rawAnswer(fixture, sized(1000), limits)->body.size() == 1000);
    checkKind(rawAnswer(fixture, sized(1001), limits), ErrorKind::InvalidInput, "over 1000 bytes");
    checkKind(
        rawAnswer(fixture, start + "Connection: close\r\n\r\n" + std::string(100'000, 'x'), limits),
        ErrorKind::InvalidInput, "a body over 1000 bytes");
    checkKind(rawAnswer(fixture,
                  start + "Transfer-Encoding: chunked\r\n\r\nFFFF\r\n" + std::string(0xFFFF, 'x') +
                      "\r\n0\r\n\r\n",
                  limits),
        ErrorKind::InvalidInput, "a body over 1000 bytes");
    std::string lines;
    for (int i = 0; i < 1000; ++i)
        lines += "X-" + std::to_string(i) + ": " + std::string(90, 'y') + "\r\n";
    checkKind(rawAnswer(fixture, start + lines + "\r\n"), ErrorKind::InvalidInput, "a head over");
    std::string interim;
    for (int i = 0; i < 5000; ++i)
        interim += "HTTP/1.1 100 Continue\r\n\r\n";
    checkKind(rawAnswer(fixture, interim + sized(5)), ErrorKind::InvalidInput, "a head over");
}

TEST_CASE("chunks are joined, trailers and interim answers left out")
{
    const HttpPki fixture;
    const auto answer =
        rawAnswer(fixture, "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\n\r\n"
                           "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n");
    REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().message));
    CHECK(answer->body == "abcde");
    CHECK(answer->headers.count("x-a") == 1);
    CHECK(answer->headers.count("x-interim") == 0);
    CHECK(answer->headers.count("x-trailer") == 0);
}

TEST_CASE("answers that are cut off, late or no HTTP are errors of their own kinds")
{
    const HttpPki fixture;
    checkKind(rawAnswer(fixture, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"),
        ErrorKind::Unavailable, "cut off");
    checkKind(rawAnswer(fixture, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        ErrorKind::Unavailable, "cut off");
    checkKind(rawAnswer(fixture, ""), ErrorKind::Unavailable, "cut off");
    checkKind(
        rawAnswer(fixture, "SSH-2.0-OpenSSH_9.2\r\n"), ErrorKind::InvalidInput, "not an HTTP/1.1");

    const http::ClientLimits hurried{Duration(1), Duration(1), 1000};
    OpensslServer silent(
        fixture.pki["example.test"], {"-cert_chain", fixture.pki["issuing"].chain});
    checkKind(
        get(fixture.trusting(), urlOf(silent.port()), hurried), ErrorKind::Unavailable, "in time");
    checkKind(get(fixture.trusting(), urlOf(freePort())), ErrorKind::Unavailable, "no connection");

    const int port = freePort();
    Nginx plain(port, "server { listen 127.0.0.1:" + std::to_string(port) + "; return 200; }\n");
    checkKind(get(fixture.trusting(), urlOf(port)), ErrorKind::PermissionDenied, "TLS");
    http::Client client(fixture.trusting());
    http::ClientRequest request{"GET", "http://localhost:" + std::to_string(port) + "/", {}, {}};
    checkKind(client.send(request), ErrorKind::InvalidInput, "only https");
    request.plainToo = true;
    CHECK(client.send(request)->status == 200);
    request.url = "file:///etc/passwd";
    checkKind(client.send(request), ErrorKind::InvalidInput, "only http and https");
}
