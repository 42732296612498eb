// How the next certificate of a slot is asked for. The certificates are made by openssl.

#include "shared/rules/enrollment_rules.h"

#include "tests/unit/rules/issued_by_openssl.h"

#include <doctest/doctest.h>

using namespace perennial;
using rules::Way;

namespace {

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

struct Host {
    explicit Host(const test::IssuedContent& content = {}) : authority(folder)
    {
        hold(authority.issue(content), authority);
        policy.name = "web-servers";
        policy.enroll = model::NewEnrollment{"web-enroller", "WebServer"};
        service.name = "corp";
        service.issuerTrustPem = authority.root().toPem();
    }
    void hold(const x509::Certificate& leaf, const test::OpensslAuthority& from)
    {
        slot.certificate = model::factsOf(leaf);
        slot.certificatePem = leaf.toPem() + from.issuing().toPem();
    }
    rules::NextEnrollment next(Duration afterEnd = Duration(0)) const
    {
        return rules::nextEnrollment(
            {slot, policy, service, credentials, slot.certificate.notAfter + afterEnd});
    }

    rules::NextEnrollment wanting(
        const std::vector<std::string>& names, const std::string& refused = "") const
    {
        return rules::nextEnrollment({slot, policy, service, credentials,
            slot.certificate.notAfter - Duration(1), names, refused});
    }

    test::TemporaryFolder folder;
    test::OpensslAuthority authority;
    model::Slot slot;
    model::CertificatePolicy policy;
    model::EnrollmentService service;
    std::vector<rules::CredentialFacts> credentials = {{"web-enroller", {"Other", "WebServer"}}};
};

} // namespace

TEST_CASE("a certificate is renewed with its key until its last second, and never after")
{
    const Host host;
    CHECK(host.next(Duration(-1)).way == Way::Key);
    const auto next = host.next();
    CHECK(next.way == Way::Credential);
    CHECK(next.names == std::vector<std::string>{"web1.example.test", "www.example.test"});
    CHECK(host.next(std::chrono::hours(24 * 365 * 5)).way == Way::Credential);
}

TEST_CASE("the common name comes first: it is the subject's again")
{
    test::IssuedContent content;
    content.subject = "/CN=www.example.test";
    CHECK(Host(content).next().names ==
          std::vector<std::string>{"www.example.test", "web1.example.test"});
}

TEST_CASE("without `enroll`, the credential or the template it is for people, and says which")
{
    Host host;
    host.policy.enroll->templateName = "DomainController";
    CHECK(host.next().way == Way::ByHand);
    CHECK(has(host.next().problem,
        "does not allow credential web-enroller the template DomainController"));
    host.policy.enroll->credential = "admin";
    CHECK(has(host.next().problem, "has no admin, which policy web-servers names"));
    host.policy.enroll.reset();
    CHECK(host.next().problem == "policy web-servers has no `enroll`");
    CHECK(host.next(Duration(-1)).way == Way::Key);
}

TEST_CASE("names count only where the authority gave them")
{
    Host host;
    const test::TemporaryFolder elsewhere;
    test::OpensslAuthority own(elsewhere);
    host.hold(own.issue({}), own);
    CHECK(host.next().way == Way::ByHand);
    CHECK(has(host.next().problem, "does not come from issuer_trust of service corp"));
}

TEST_CASE("names that are no DNS names, or none, are for people")
{
    test::IssuedContent content;
    content.replace("subjectAltName", "subjectAltName = DNS:web1.example.test,IP:192.0.2.7");
    CHECK(has(Host(content).next().problem, "is no DNS name"));
    content.replace("subjectAltName");
    CHECK(has(Host(content).next().problem, "has no alternative name"));
}

TEST_CASE("a place with nothing is for the credential, with the policy's names in their order")
{
    Host host;
    host.slot = {};
    const std::vector<std::string> names = {"www.example.test", "web1.example.test"};
    const auto next = [&] {
        return rules::nextEnrollment({host.slot, host.policy, host.service, host.credentials,
            TimePoint(Duration(1)), names});
    };
    CHECK(next().way == Way::Credential);
    CHECK(next().names == names);
    CHECK_FALSE(next().forNames);
    host.credentials.clear();
    CHECK(next().way == Way::ByHand);
    CHECK(has(next().problem, "has no web-enroller"));
}

TEST_CASE("other names than wanted are for the credential, whatever order and letter case")
{
    Host host;
    CHECK(host.wanting({"WWW.example.test", "web1.example.test"}).way == Way::Key);
    CHECK_FALSE(host.wanting({"WWW.example.test", "web1.example.test"}).forNames);
    for (const std::vector<std::string>& names : {std::vector<std::string>{"web1.example.test"},
             {"web1.example.test", "www.example.test", "mail.example.test"},
             {"mail.example.test"}}) {
        CHECK(host.wanting(names).way == Way::Credential);
        CHECK(host.wanting(names).names == names);
        CHECK(host.wanting(names).forNames);
    }
    CHECK(host.wanting({}).way == Way::Key); // none wanted: any are good
}

TEST_CASE("what stands in the way of other names never takes the key's way")
{
    Host host;
    const auto refused = host.wanting({"mail.example.test"}, "the guard does not allow it");
    CHECK(refused.way == Way::Key);
    CHECK(refused.forNames);
    CHECK(refused.problem == "the guard does not allow it");
    host.credentials.clear();
    CHECK(host.wanting({"mail.example.test"}).way == Way::Key);
    CHECK(has(host.wanting({"mail.example.test"}).problem, "has no web-enroller"));
}

TEST_CASE("names that the policy wants count whoever signed the certificate that expired")
{
    Host host;
    const test::TemporaryFolder elsewhere;
    test::OpensslAuthority own(elsewhere);
    host.hold(own.issue({}), own);
    const auto next = rules::nextEnrollment({host.slot, host.policy, host.service, host.credentials,
        host.slot.certificate.notAfter, {"mail.example.test"}});
    CHECK(next.way == Way::Credential);
    CHECK(next.names == std::vector<std::string>{"mail.example.test"});
    CHECK_FALSE(next.forNames);
}
