#pragma once

#include "tests/contract/issuer/enrollment_world.h"
#include "tests/contract/issuer/scripted_ces.h"

namespace perennial::test {

inline constexpr http::ClientLimits quickLimits{Duration(5), Duration(2), 200'000};
inline const TimePoint noon =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + Duration(43200);

using Changes = std::vector<std::pair<std::string, std::string>>;

// One server that is CEP and CES. Request 0 is answered with the offer, what comes after it as the
// server is told.
struct Offering {
    explicit Offering(
        const Changes& changes, const std::string& name = "01_getpolicies_response.xml")
    {
        auto text = sample(name);
        for (const auto& [from, to] : Changes{{"UsernamePassword", "/password"},
                 {"Certificate", "/certificate"}, {"Kerberos", "/kerberos"}}) {
            const auto url =
                "https://pki.example.test/Example-Issuing-CA_CES_" + from + "/service.svc/CES";
            if (text.find(url) != std::string::npos) change(text, {{url, ces.url(to)}});
        }
        change(text, changes);
        ces.answer(0, soap(text));
        ces.answer(issuedAnswer(authority.issue(material.newKey->publicKeyDer(),
            {std::chrono::sys_days(std::chrono::year(2026) / 1 / 1),
                std::chrono::sys_days(std::chrono::year(2040) / 1 / 1)})));
        service.enrollmentEndpoints.clear();
        service.policyEndpoints = {ces.url("/CEP")};
    }
    static void change(std::string& text, const Changes& changes)
    {
        for (const auto& [from, to] : changes) {
            const auto at = text.find(from);
            REQUIRE_MESSAGE(at != std::string::npos, from);
            text.replace(at, from.size(), to);
        }
    }
    static std::string sample(const std::string& name)
    {
        return readText(std::string(PERENNIAL_TEST_DATA_DIR) + "/enrollment/" + name);
    }
    static std::string soap(std::string text)
    {
        const auto at = text.find("urn:uuid:", text.find("RelatesTo"));
        text.replace(at, std::string(zeroMessage).size(), zeroMessage);
        return httpAnswer("200 OK", "application/soap+xml; charset=utf-8", text,
            "Date: Sat, 21 Nov 2026 12:01:00 GMT\r\n");
    }

    Result<IssueOutcome> renew(const std::string& memory = "", TimePoint now = noon)
    {
        auto issuer = plugins::makeCesIssuerWithin(service, quickLimits);
        REQUIRE(issuer);
        (*issuer)->begin({now, "web1.example.test", memory});
        const auto prepared = (*issuer)->prepareRenewal(material);
        REQUIRE(prepared);
        auto outcome = (*issuer)->submit(*prepared, material);
        notes = (*issuer)->notes();
        return outcome;
    }
    Result<IssueOutcome> enroll()
    {
        const auto issuer = plugins::makeCesIssuerWithin(service, quickLimits);
        REQUIRE(issuer);
        made = test::enroll(**issuer, EnrollmentWorld::first("ExampleWeb", ""), material.newKey);
        auto outcome = made.outcome;
        notes = (*issuer)->notes();
        return outcome;
    }
    // The paths asked after the CEP, in order.
    std::vector<std::string> asked() const
    {
        std::vector<std::string> paths;
        for (const auto& one : ces.asked()) {
            const auto begin = one.body.find(ces.url("")) + ces.url("").size();
            paths.push_back(one.body.substr(begin, one.body.find('<', begin) - begin));
        }
        REQUIRE_FALSE(paths.empty());
        CHECK(paths.front() == "/CEP");
        paths.erase(paths.begin());
        return paths;
    }

    ScriptedCes ces;
    FakeAuthority authority;
    RenewalMaterial material = ces.material("web3");
    model::EnrollmentService service = ces.service();
    IssuerNotes notes;
    FirstTry made{nullptr, "", {}, Error{ErrorKind::Internal, "not sent"}};
};

} // namespace perennial::test
