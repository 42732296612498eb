// What a CEP offers, in bytes by a foreign hand: which templates are refused before anybody is
// asked to issue, and which of the addresses are asked, in which order.

#include "tests/contract/issuer/offering.h"

using namespace perennial;
using namespace perennial::test;

namespace {

bool isIssued(const Result<IssueOutcome>& outcome)
{
    return outcome.ok() && std::holds_alternative<Issued>(*outcome);
}

const std::string keyFlags = "<privateKeyFlags>101056512</privateKeyFlags>";
const std::string enrollmentFlags = "<enrollmentFlags>65632</enrollmentFlags>";
const std::string noSignatures = "<rARequirements xsi:nil=\"true\"/>";
const std::string oneSignature =
    "<rARequirements><rASignatures>1</rASignatures><rAEKUs "
    "xsi:nil=\"true\"/><rAPolicies xsi:nil=\"true\"/></rARequirements>";

std::string keyFlagsAnd(unsigned flag)
{
    return "<privateKeyFlags>" + std::to_string(101056512U | flag) + "</privateKeyFlags>";
}
std::string enrollmentFlagsOf(unsigned flags)
{
    return "<enrollmentFlags>" + std::to_string(flags) + "</enrollmentFlags>";
}

} // namespace

TEST_CASE("a template whose flags cannot be met is refused by name before a CES is asked")
{
    struct Case {
        Changes changes;
        std::string names; // what the refusal of a renewal names; empty: it is issued
        bool first;        // whether a first enrolment goes through
    };
    const std::vector<Case> cases = {
        {{}, "", true},
        {{{keyFlags, keyFlagsAnd(0x1)}}, "privateKeyFlags 0x1)", false},
        {{{keyFlags, keyFlagsAnd(0x80)}}, "privateKeyFlags 0x80)", true},
        {{{keyFlags, keyFlagsAnd(0x2000)}}, "privateKeyFlags 0x2000)", false},
        {{{keyFlags, keyFlagsAnd(0x10)}}, "", true}, // an exportable key hinders nobody
        {{{enrollmentFlags, enrollmentFlagsOf(0x60)}}, "enrollmentFlags 0x10000)", true},
        {{{noSignatures, oneSignature}}, "", false}, // 0x40 spares a renewal the signatures
        {{{noSignatures, oneSignature}, {enrollmentFlags, enrollmentFlagsOf(0x10020)}},
            "signatures of a registration authority", false},
        {{{enrollmentFlags, enrollmentFlagsOf(0x10020)}}, "", true},
    };
    for (const auto& one : cases) {
        CAPTURE(one.names);
        Offering renewal(one.changes);
        const auto renewed = renewal.renew();
        CHECK(isIssued(renewed) == one.names.empty());
        CHECK(renewal.asked().size() == (one.names.empty() ? 1 : 0));
        if (!renewed) {
            CHECK_MESSAGE(renewed.error().message.find(one.names) != std::string::npos,
                renewed.error().message);
            CHECK(renewal.notes.cause == FaultCause::Template);
        }
        Offering first(one.changes);
        const auto enrolled = first.enroll();
        CHECK_MESSAGE(isIssued(enrolled) == one.first,
            (enrolled ? "issued or decided" : enrolled.error().message));
        CHECK(first.asked().size() == (one.first ? 1 : 0));
    }
}

TEST_CASE("only addresses for our authentication are asked, renewal-only ones for renewals alone")
{
    const auto uri = [](int authentication, const std::string& where, int priority, bool renewals) {
        return "<cAURI><clientAuthentication>" + std::to_string(authentication) +
               "</clientAuthentication><uri>" + where + "</uri><priority>" +
               std::to_string(priority) + "</priority><renewalOnly>" +
               (renewals ? "true" : "false") + "</renewalOnly></cAURI>";
    };
    const auto offering = [&] {
        auto made = std::make_unique<Offering>(Changes{});
        auto text = Offering::sample("01_getpolicies_response.xml");
        const auto begin = text.find("<uris>") + 6;
        std::string uris;
        const auto add = [&](int authentication, const std::string& path, int priority,
                             bool renewals) {
            uris += uri(authentication, made->ces.url(path), priority, renewals);
        };
        add(8, "/by-certificate-last", 100, false);
        add(1, "/by-nobody", 0, false);
        add(2, "/by-kerberos", 1, false);
        add(4, "/by-password-second", 20, false);
        add(4, "/by-password-renewals", 1, true);
        add(8, "/by-certificate-renewals", 3, true);
        add(4, "/by-password-first", 10, false);
        add(64, "/by-what-is-unknown", 0, false);
        text.replace(begin, text.find("</uris>") - begin, uris);
        made->ces.answer(0, Offering::soap(text));
        made->ces.answer(httpAnswer("503 Service Unavailable", "text/plain", "busy"));
        return made;
    };
    using Paths = std::vector<std::string>;
    const auto first = offering();
    CHECK_FALSE(first->enroll().ok());
    CHECK(first->asked() == Paths{"/by-password-first", "/by-password-second"});
    const auto renewal = offering();
    CHECK_FALSE(renewal->renew().ok());
    auto asked = renewal->asked();
    REQUIRE(asked.size() >= 2);
    asked.resize(2); // then the CEP is asked once more
    CHECK(asked == Paths{"/by-certificate-renewals", "/by-certificate-last"});
}

TEST_CASE("of two CAs a first request goes to the one where the caller may enrol")
{
    const std::string password =
        "https://pki.example.test/Example-Issuing-CA_CES_UsernamePassword/service.svc/CES";
    Offering offering({});
    auto text = Offering::sample("01_getpolicies_response.xml");
    const auto begin = text.find("<cA>");
    const auto end = text.find("</cA>") + std::string("</cA>").size();
    auto closed = text.substr(begin, end - begin);
    Offering::change(closed, {{password, offering.ces.url("/closed")},
                                 {"<priority>1</priority>", "<priority>0</priority>"},
                                 {"<enrollPermission>true<", "<enrollPermission>false<"},
                                 {"<cAReferenceID>0<", "<cAReferenceID>1<"}});
    text.insert(begin, closed);
    const std::string reference = "<cAReference>0</cAReference>";
    Offering::change(text, {{reference, "<cAReference>1</cAReference>" + reference},
                               {password, offering.ces.url("/open")}});
    offering.ces.answer(0, Offering::soap(text));
    CHECK(isIssued(offering.enroll()));
    CHECK(offering.asked() == std::vector<std::string>{"/open"});
}

TEST_CASE("no address for our authentication is the configuration's mistake, and nobody is asked")
{
    const std::string password = "<clientAuthentication>4</clientAuthentication>";
    for (const auto& other : {std::string("1"), std::string("2"), std::string("8")}) {
        Offering offering(
            {{password, "<clientAuthentication>" + other + "</clientAuthentication>"}});
        const auto outcome = offering.enroll();
        REQUIRE_FALSE(outcome.ok());
        CHECK(outcome.error().message.find("names no enrolment address") != std::string::npos);
        CHECK(offering.notes.cause == FaultCause::Configuration);
        CHECK(offering.asked().empty());
    }
}

TEST_CASE("after its hours the CEP is told when it was asked last, and may say: not changed")
{
    Offering offering({});
    CHECK(isIssued(offering.renew()));
    const auto memory = offering.notes.memory;
    CHECK(offering.ces.asked().front().body.find("2026-11-21T12:01:00") == std::string::npos);

    // Within the sample's eight hours it is not asked.
    CHECK(isIssued(offering.renew(memory, noon + std::chrono::hours(7))));
    REQUIRE(offering.ces.asked().size() == 3);
    CHECK(offering.asked() == std::vector<std::string>{"/certificate", "/certificate"});

    offering.ces.answer(
        3, Offering::soap(Offering::sample("02_getpolicies_response_notchanged.xml")));
    CHECK(isIssued(offering.renew(memory, noon + std::chrono::hours(9))));
    const auto all = offering.ces.asked();
    REQUIRE(all.size() == 5);
    // By the server's own clock, which its Date told.
    CHECK(all[3].body.find("lastUpdate>2026-11-21T12:01:00Z<") != std::string::npos);
    CHECK(all[4].body.find("/certificate") != std::string::npos);
    // And that answer holds for eight hours more.
    CHECK(isIssued(offering.renew(offering.notes.memory, noon + std::chrono::hours(16))));
    CHECK(offering.ces.asked().size() == 6);
}

TEST_CASE("whether anybody took the request is told, over all the addresses that were asked")
{
    struct Case {
        std::string what;
        std::string answer;
        std::string pace;
        bool untaken;
    };
    const std::vector<Case> cases = {
        {"a wrong password", Offering::soap(Offering::sample("32_fault_authentication.xml")),
            "whole", true},
        {"403", httpAnswer("403 Forbidden", "text/html", "no"), "whole", true},
        {"no CES", httpAnswer("404 Not Found", "text/html", "no"), "whole", true},
        {"a request that cannot be read", faultAnswer("-2146881278", false), "whole", true},
        {"a CA that may have taken it", faultAnswer("-2147023174", false), "whole", false},
        {"503", httpAnswer("503 Busy", "text/plain", "busy"), "whole", false},
        {"cut off", "x", "cut 0", false},
        {"no SOAP", httpAnswer("200 OK", "application/soap+xml", "<x/>"), "whole", false},
    };
    for (const auto& one : cases) {
        CAPTURE(one.what);
        Offering offering({});
        const auto issuer = plugins::makeCesIssuerWithin(offering.service, quickLimits);
        REQUIRE(issuer);
        const auto first = EnrollmentWorld::first("ExampleWeb", "");
        const auto key = offering.material.newKey;
        const auto prepared = (*issuer)->prepareEnrollment(first,
            [&](const auto&) { return Result<std::shared_ptr<const x509::PrivateKey>>(key); });
        REQUIRE(prepared);
        offering.ces.answer(one.answer);
        offering.ces.pace(one.pace);
        CHECK_FALSE((*issuer)->submitEnrollment(*prepared, first).ok());
        CHECK((*issuer)->notes().untaken == one.untaken);
        const auto asked = offering.ces.asked().size();
        // Before a server that was not reached nothing is taken; behind one that was cut off it may
        // be.
        auto elsewhere = *prepared;
        const auto nowhere = "https://localhost:" + std::to_string(freePort()) + "/CES";
        elsewhere.endpoints = {nowhere};
        CHECK_FALSE((*issuer)->submitEnrollment(elsewhere, first).ok());
        CHECK((*issuer)->notes().untaken);
        elsewhere.endpoints.push_back(offering.ces.url("/password"));
        CHECK_FALSE((*issuer)->submitEnrollment(elsewhere, first).ok());
        CHECK((*issuer)->notes().untaken == one.untaken);
        CHECK(offering.ces.asked().size() == asked + 1);
    }
}
