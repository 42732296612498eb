// What a CES may answer that is no good answer: each comes out as the kind of error that says what
// to do, and nothing that was not issued for our key is taken for a certificate. Unavailable: come
// again, the outcome is unknown. InvalidInput: the answer is wrong; it is tried again a few times.
// PermissionDenied: somebody must mend trust or rights. A denial is an answer.

#include "tests/contract/issuer/scripted_ces.h"

using namespace perennial;
using namespace perennial::test;

namespace {

constexpr http::ClientLimits quick{Duration(5), Duration(2), 200'000};

constexpr const char* goodAction =
    "http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RSTRC/wstep";

// A CES, what is renewed there, and an authority that might issue it.
struct World {
    explicit World(const std::string& certificate = "localhost") : ces(certificate)
    {
        auto made = plugins::makeCesIssuerWithin(ces.service(), quick);
        REQUIRE(made);
        issuer = *std::move(made);
        auto ready = issuer->prepareRenewal(material);
        REQUIRE(ready);
        prepared = *std::move(ready);
    }
    std::string certificateFor(const x509::PrivateKey& key) const
    {
        return authority.issue(
            key.publicKeyDer(), {std::chrono::sys_days(std::chrono::year(2026) / 1 / 1),
                                    std::chrono::sys_days(std::chrono::year(2040) / 1 / 1)});
    }
    std::string ours() const { return certificateFor(*material.newKey); }
    Result<IssueOutcome> submit() const { return issuer->submit(prepared, material); }

    ScriptedCes ces;
    FakeAuthority authority;
    RenewalMaterial material = ces.material();
    std::unique_ptr<Issuer> issuer;
    PreparedRequest prepared;
};

// The request inside a message: the token's text.
std::string requestIn(const std::string& body)
{
    const auto token = body.find("BinarySecurityToken");
    const auto begin = body.find('>', token) + 1;
    return body.substr(begin, body.find('<', begin) - begin);
}

void checkError(const Result<IssueOutcome>& outcome, ErrorKind kind, const std::string& says)
{
    REQUIRE_FALSE(outcome.ok());
    CHECK_MESSAGE(outcome.error().kind == kind, outcome.error().message);
    CHECK_MESSAGE(outcome.error().message.find(says) != std::string::npos, outcome.error().message);
    CHECK(outcome.error().message.size() < 2500);
}

// After whatever came: the same request goes out again, with the same key, and is answered.
void checkAskedAgainTheSame(const World& world)
{
    world.ces.pace("whole");
    world.ces.answer(issuedAnswer(world.ours()));
    const auto outcome = world.submit();
    REQUIRE_MESSAGE(outcome.ok(), (outcome ? "" : outcome.error().message));
    const auto* issued = std::get_if<Issued>(&*outcome);
    REQUIRE(issued != nullptr);
    const auto leaf = x509::Certificate::fromPem(issued->chainPem);
    REQUIRE(leaf);
    CHECK(leaf->publicKeyDer() == world.material.newKey->publicKeyDer());
    const auto asked = world.ces.asked();
    REQUIRE(asked.size() >= 2);
    for (const auto& one : asked) {
        CHECK(one.client == "web1");
        CHECK(requestIn(one.body) == requestIn(asked.front().body));
        CHECK(requestIn(one.body) != "");
    }
}

} // namespace

TEST_CASE("an answer that is not from a CES is come back from later, with the same request")
{
    struct Case {
        std::string name;
        std::string answer;
        std::string pace;
    };
    const std::string html = "<html><body>Please log in</body></html>";
    const std::vector<Case> cases = {
        {"HTML", httpAnswer("200 OK", "text/html", html), "whole"},
        {"503", httpAnswer("503 Service Unavailable", "text/html", html), "whole"},
        {"500 without SOAP", httpAnswer("500 Oops", "text/plain", "at Foo.Bar()"), "whole"},
        {"cut in the head", httpAnswer("200 OK", "application/soap+xml", html), "cut 20"},
        {"cut in the body", httpAnswer("200 OK", "application/soap+xml", std::string(5000, ' ')),
            "cut 2000"},
        {"cut before the first byte", "x", "cut 0"},
        {"slower than the limit",
            httpAnswer("200 OK", "application/soap+xml", std::string(5000, ' ')), "slowly"},
        {"the CA is away", faultAnswer("-2147023174", false), "whole"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.name);
        const World world;
        world.ces.answer(one.answer);
        world.ces.pace(one.pace);
        checkError(world.submit(), ErrorKind::Unavailable, "");
        checkAskedAgainTheSame(world);
    }
}

TEST_CASE("an answer that is malformed or not ours is refused, and the same request goes out again")
{
    const World world;
    const auto other = world.certificateFor(FakeAuthority::newKey());
    struct Case {
        std::string name;
        std::string answer;
        std::string pace;
        std::string says;
    };
    const std::string soapType = "application/soap+xml; charset=utf-8";
    const auto good = issuedAnswer(world.ours());
    const auto body = good.substr(good.find("\r\n\r\n") + 4);
    const std::vector<Case> cases = {
        {"a DOCTYPE", httpAnswer("200 OK", soapType, "<!DOCTYPE x [<!ENTITY e \"e\">]>" + body),
            "whole", "document type"},
        {"two responses",
            soapAnswer("200 OK", goodAction,
                collection(responseFor(world.ours()) + responseFor(world.ours()))),
            "whole", ""},
        {"two responses, the first one ours",
            soapAnswer(
                "200 OK", goodAction, collection(responseFor(world.ours()) + responseFor(other))),
            "whole", ""},
        {"no response", soapAnswer("200 OK", goodAction, collection("")), "whole", ""},
        {"a certificate with another key", issuedAnswer(other), "whole", "key"},
        {"the answer to another message",
            soapAnswer("200 OK", goodAction, collection(responseFor(world.ours())),
                "urn:uuid:00000000-0000-4000-8000-000000000007"),
            "whole", ""},
        {"another action", soapAnswer("200 OK", "urn:other", collection(responseFor(world.ours()))),
            "whole", ""},
        {"the old certificate again", issuedAnswer(world.material.oldCertificate.toPem()), "whole",
            "key"},
        {"too large", httpAnswer("200 OK", soapType, std::string(300'000, ' ') + body), "whole",
            ""},
        {"endless",
            "HTTP/1.1 200 OK\r\nContent-Type: " + soapType +
                "\r\nTransfer-Encoding: chunked\r\n\r\n",
            "endless 100000", ""},
        {"compressed, and never unpacked",
            httpAnswer("200 OK", soapType, "\x1f\x8b\x08" + std::string(400, '\0'),
                "Content-Encoding: gzip\r\n"),
            "whole", ""},
        {"a redirect elsewhere",
            httpAnswer(
                "307 Temporary Redirect", "text/html", "", "Location: https://evil.test/CES\r\n"),
            "whole", "redirect"},
        {"nothing is there", httpAnswer("404 Not Found", "text/html", "no"), "whole", "address"},
    };
    std::size_t asked = 0;
    for (const auto& one : cases) {
        CAPTURE(one.name);
        world.ces.answer(one.answer);
        world.ces.pace(one.pace);
        checkError(world.submit(), ErrorKind::InvalidInput, one.says);
        CHECK(world.ces.asked().size() == ++asked);
    }
    checkAskedAgainTheSame(world);
}

TEST_CASE("a redirect to this machine is not followed either, and a POST is not repeated")
{
    const World world;
    const World target;
    target.ces.answer(issuedAnswer(world.ours()));
    for (const auto* status : {"301 Moved", "302 Found", "303 See Other", "308 Permanent"}) {
        CAPTURE(status);
        world.ces.answer(
            httpAnswer(status, "text/html", "", "Location: " + target.ces.url() + "\r\n"));
        checkError(world.submit(), ErrorKind::InvalidInput, "redirect");
    }
    CHECK(target.ces.asked().empty());
}

TEST_CASE("a server that is not the CES hears neither the request nor who asks")
{
    for (const std::string certificate : {"other name", "expired", "stranger"}) {
        CAPTURE(certificate);
        const World world(certificate);
        world.ces.answer(issuedAnswer(world.ours()));
        checkError(world.submit(), ErrorKind::PermissionDenied, "");
        CHECK(world.ces.asked().empty());
    }
}

TEST_CASE("what is not allowed to us is said so, and how to mend it")
{
    const World world;
    world.ces.answer(
        httpAnswer("401 Unauthorized", "text/html", "no", "WWW-Authenticate: NTLM\r\n"));
    checkError(world.submit(), ErrorKind::PermissionDenied, "NTLM");
    CHECK(world.ces.asked().size() == 1); // and nothing was answered to the offer
    world.ces.answer(
        httpAnswer("401 Unauthorized", "text/html", "no", "WWW-Authenticate: Negotiate\r\n"));
    checkError(world.submit(), ErrorKind::PermissionDenied, "Negotiate");
    CHECK(world.ces.asked().size() == 2);
    world.ces.answer(httpAnswer("403 Forbidden", "text/html", "no"));
    checkError(world.submit(), ErrorKind::PermissionDenied, "not accepted");
}

TEST_CASE("a denial is an answer with its code, not an error")
{
    const World world;
    world.ces.answer(faultAnswer("-2146877422", true));
    const auto outcome = world.submit();
    REQUIRE(outcome);
    const auto* denied = std::get_if<Denied>(&*outcome);
    REQUIRE(denied != nullptr);
    CHECK(denied->reason.find("0x80094012 CERTSRV_E_TEMPLATE_DENIED") != std::string::npos);

    // The same code without the word of the issuer decides nothing.
    world.ces.answer(faultAnswer("-2146877422", false));
    checkError(world.submit(), ErrorKind::InvalidInput, "0x80094012");
}

TEST_CASE("a pending request is asked for by its number until it is issued, after a restart too")
{
    const World world;
    world.ces.answer(0, pendingAnswer(world.ces.url("/CES/again")));
    world.ces.answer(1, pendingAnswer(world.ces.url("/CES/again")));
    world.ces.answer(2, httpAnswer("503 Service Unavailable", "text/plain", "busy"));
    world.ces.answer(3, issuedAnswer(world.ours()));
    const auto first = world.submit();
    REQUIRE(first);
    const auto* pending = std::get_if<Pending>(&*first);
    REQUIRE(pending != nullptr);
    CHECK(pending->pollAfter >= Duration(1));

    const auto restarted = plugins::makeCesIssuerWithin(world.ces.service(), quick);
    REQUIRE(restarted);
    const auto second = (*restarted)->poll(pending->ticket, world.material);
    REQUIRE(second);
    CHECK(std::holds_alternative<Pending>(*second));
    checkError((*restarted)->poll(pending->ticket, world.material), ErrorKind::Unavailable, "");
    const auto last = (*restarted)->poll(pending->ticket, world.material);
    REQUIRE(last);
    CHECK(std::holds_alternative<Issued>(*last));

    const auto asked = world.ces.asked();
    REQUIRE(asked.size() == 4);
    for (std::size_t number = 1; number < asked.size(); ++number) {
        CHECK(asked[number].body.find("QueryTokenStatus") != std::string::npos);
        CHECK(asked[number].body.find(">43<") != std::string::npos);
        CHECK(asked[number].body.find(requestIn(asked[0].body)) == std::string::npos);
    }
}

TEST_CASE("a pending answer that names another host is polled where the request went")
{
    const World world;
    const World elsewhere;
    elsewhere.ces.answer(issuedAnswer(world.ours()));
    for (const auto& reference : {elsewhere.ces.url(), world.ces.url("") + ".evil.test/CES",
             std::string("http://localhost/CES")}) {
        CAPTURE(reference);
        world.ces.answer(pendingAnswer(reference));
        const auto outcome = world.submit();
        REQUIRE(outcome);
        const auto* pending = std::get_if<Pending>(&*outcome);
        REQUIRE(pending != nullptr);
        const auto asked = world.ces.asked().size();
        CHECK(world.issuer->poll(pending->ticket, world.material).ok());
        CHECK(world.ces.asked().size() == asked + 1);
    }
    CHECK(elsewhere.ces.asked().empty());
}

TEST_CASE("the second address is asked with the same request when the first does not answer")
{
    const World world;
    auto service = world.ces.service();
    service.enrollmentEndpoints = {
        "https://localhost:" + std::to_string(freePort()) + "/CES", world.ces.url()};
    const auto issuer = plugins::makeCesIssuerWithin(service, quick);
    REQUIRE(issuer);
    world.ces.answer(issuedAnswer(world.ours()));
    const auto outcome = (*issuer)->submit(world.prepared, world.material);
    REQUIRE_MESSAGE(outcome.ok(), (outcome ? "" : outcome.error().message));
    CHECK(std::holds_alternative<Issued>(*outcome));
    CHECK(world.ces.asked().size() == 1);

    // A refusal is an answer: nobody is asked next.
    service.enrollmentEndpoints = {world.ces.url(), world.ces.url("/second")};
    const auto refused = plugins::makeCesIssuerWithin(service, quick);
    REQUIRE(refused);
    world.ces.answer(faultAnswer("-2146877422", true));
    CHECK((*refused)->submit(world.prepared, world.material).ok());
    CHECK(world.ces.asked().size() == 2);
    world.ces.answer(httpAnswer("403 Forbidden", "text/html", "no"));
    checkError((*refused)->submit(world.prepared, world.material), ErrorKind::PermissionDenied, "");
    CHECK(world.ces.asked().size() == 3);
}

TEST_CASE("a certificate that is not good for client authentication is refused by name, unsent")
{
    const World world;
    const auto refused = world.issuer->prepareRenewal(world.ces.material("web2"));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().kind == ErrorKind::InvalidInput);
    CHECK(refused.error().message.find("not good for client authentication") != std::string::npos);
    CHECK(world.ces.asked().empty());
}
