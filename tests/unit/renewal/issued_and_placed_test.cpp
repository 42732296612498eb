// What comes back is judged before anything changes; what is placed is proved or taken back.

#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::hours;

namespace {

using Content = FakeAuthority::Content;

FakeEnroller::Answer issuing(const AgentBench& bench, const Content& content)
{
    return [&bench, content](const Bytes& key) {
        return Result<IssueOutcome>(bench.enroller.issue(key, content));
    };
}

FakeEnroller::Answer answering(const std::string& chainPem)
{
    return [chainPem](const Bytes&) { return Result<IssueOutcome>(Issued{chainPem}); };
}

} // namespace

TEST_CASE("a certificate that is not what was asked for is rejected before anything is touched")
{
    const FakeAuthority foreign;
    AgentBench world; // for certificates only
    const Content usual{AgentBench::start, AgentBench::start + days(90)};
    Content early = usual;
    early.notBefore = AgentBench::start + days(1);
    Content late = usual;
    late.notBefore = AgentBench::start - days(90);
    late.notAfter = AgentBench::start - days(1);
    Content wider;
    wider.names = {"web1.example.test", "admin.example.test"};
    Content other;
    other.names = {"web2.example.test"};
    Content subject;
    subject.subject = "other.example.test";
    Content usages;
    usages.usages.emplace_back("1.3.6.1.5.5.7.3.3"); // code signing
    const auto ofKey = [](const FakeAuthority& authority, const Content& content) {
        return FakeEnroller::Answer([&authority, content](const Bytes& key) {
            return Result<IssueOutcome>(Issued{authority.issue(key, content)});
        });
    };
    struct Case {
        std::string rule;
        std::function<FakeEnroller::Answer(const AgentBench&)> answer;
    };
    const std::vector<Case> cases = {
        {"untrusted", [&](const auto&) { return ofKey(foreign, usual); }},
        {"another-key",
            [&](const auto& bench) {
                return answering(
                    bench.authority.issue(FakeAuthority::newKey().publicKeyDer(), usual));
            }},
        {"wider-names", [&](const auto& bench) { return issuing(bench, wider); }},
        {"wider-names", [&](const auto& bench) { return issuing(bench, other); }},
        {"another-subject", [&](const auto& bench) { return issuing(bench, subject); }},
        {"wider-usages", [&](const auto& bench) { return issuing(bench, usages); }},
        {"not-yet-valid", [&](const auto& bench) { return ofKey(bench.authority, early); }},
        {"ends-too-soon", [&](const auto& bench) { return ofKey(bench.authority, late); }},
    };
    for (const auto& one : cases) {
        CAPTURE(one.rule);
        AgentBench bench;
        bench.enroller.onSubmit = one.answer(bench);
        bench.take();
        bench.work(hours(3));
        REQUIRE(bench.isAbandoned());
        CHECK(bench.count("certificate.rejected_by_agent") == 1);
        CHECK_MESSAGE(
            bench.reasonOf("certificate.rejected_by_agent").rfind(one.rule + ": ", 0) == 0,
            bench.reasonOf("certificate.rejected_by_agent"));
        const bool isMisuse = one.rule == "wider-names" || one.rule == "wider-usages";
        CHECK(bench.count("esc.flag") == (isMisuse ? 1 : 0));
        CHECK(bench.count("certificate.issued") == 0);
        CHECK(bench.host.calls("place") == 0);
        CHECK(bench.host.calls("act") == 0);
        CHECK(bench.holdsTheOld());
        CHECK(bench.enroller.asked().size() == 1);
        CHECK(bench.count("key.destroyed") == 1);
    }
}

TEST_CASE("what is no certificate at all ends the renewal and not the agent")
{
    for (const std::string chain :
        {"", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
        CAPTURE(chain);
        AgentBench bench;
        bench.enroller.onSubmit = answering(chain);
        bench.take();
        bench.work(hours(3));
        CHECK(bench.isAbandoned());
        CHECK(bench.host.calls("place") == 0);
        CHECK(bench.holdsTheOld());
    }
}

TEST_CASE("a place that somebody else changed is left alone; one that is full is tried again")
{
    AgentBench changed;
    changed.host.failing.emplace("place", Error{ErrorKind::Conflict, "changed outside"});
    changed.take();
    changed.work(hours(1));
    CHECK(changed.isAbandoned());
    CHECK(changed.count("certificate.changed_outside") == 1);

    AgentBench denied;
    denied.host.failing.emplace("place", Error{ErrorKind::PermissionDenied, "guard"});
    denied.take();
    denied.work(hours(1));
    CHECK(denied.isAbandoned());
    CHECK(denied.host.calls("place") == 1);

    AgentBench full;
    full.host.failing.emplace("place", Error{ErrorKind::Internal, "no space left"});
    full.take();
    full.work(days(2), std::chrono::minutes(10));
    CHECK(std::holds_alternative<CertificateReady>(full.renewal().stage));
    CHECK(full.enroller.asked().size() == 1); // it is kept, not asked for again
    full.host.failing.clear();
    full.work(hours(1));
    CHECK(std::holds_alternative<Completed>(full.renewal().stage));
}

TEST_CASE("what the listeners show decides: the old one comes back when the new is not served")
{
    AgentBench bench;
    bench.host.reloadChangesNothing = true;
    bench.take();
    bench.work(hours(1));
    const auto renewal = bench.renewal();
    const auto* abandoned = std::get_if<Abandoned>(&renewal.stage);
    REQUIRE(abandoned != nullptr);
    CHECK(abandoned->rolledBack);
    CHECK(bench.holdsTheOld());
    CHECK(bench.host.served() == bench.old);
    CHECK(bench.count("renewal.rolled_back") == 1);
    CHECK(bench.count("renewal.completed") == 0);
}

TEST_CASE("an observed listener that ended is a remark of the renewal")
{
    AgentBench bench;
    bench.host.servedRemark = "nobody answers";
    bench.take();
    bench.work(hours(1));
    CHECK(std::holds_alternative<Completed>(bench.renewal().stage));
    CHECK(bench.reasonOf("renewal.completed") == "nobody answers");
}

TEST_CASE("a failed reload goes back at once; an installer that is away is waited for")
{
    AgentBench failed;
    failed.host.reloadStatus = 1;
    failed.take();
    failed.advance();
    CHECK(failed.isAbandoned());
    CHECK(failed.holdsTheOld());

    AgentBench away;
    away.take();
    away.host.failing.emplace("act", Error{ErrorKind::Unavailable, "away"});
    away.advance();
    CHECK(std::holds_alternative<Installed>(away.renewal().stage));
    away.host.failing.clear();
    away.work(hours(1));
    CHECK(std::holds_alternative<Completed>(away.renewal().stage));
}

TEST_CASE("a service that was down before is not blamed on the new certificate")
{
    AgentBench bench;
    bench.host.serviceIsDown = true;
    bench.scan();
    bench.take();
    bench.work(hours(1));
    CHECK(std::holds_alternative<Completed>(bench.renewal().stage));
    CHECK(bench.reasonOf("renewal.completed") == "the service was down before");
    CHECK_FALSE(bench.holdsTheOld());
    CHECK(bench.host.calls("act") == 0); // some reloads would start it
}

TEST_CASE("a service that came up meanwhile is told of its new certificate")
{
    AgentBench bench;
    bench.host.serviceIsDown = true;
    bench.scan();
    bench.host.whenPlaced = [&] { bench.host.serviceIsDown = false; };
    bench.take();
    bench.work(hours(1));
    CHECK(std::holds_alternative<Completed>(bench.renewal().stage));
    CHECK(bench.host.calls("act") == 1);
}

TEST_CASE("another certificate of the service that is no longer served brings the old one back")
{
    for (const bool breaks : {true, false}) {
        CAPTURE(breaks);
        AgentBench bench;
        auto inventory = *bench.parts.slots.inventory();
        auto other = inventory.slots.front();
        other.id = model::SlotId("other");
        other.place.certificatePath = "/other.pem";
        other.listeners.front().port += 1;
        inventory.slots.push_back(other);
        other.id = model::SlotId("stranger");
        other.service = "haproxy";
        other.listeners.front().port += 1;
        inventory.slots.push_back(other);
        REQUIRE(bench.parts.slots.put(inventory));
        bench.host.breaksNeighbour = breaks;
        bench.take();
        bench.work(hours(1));
        const auto renewal = bench.renewal();
        REQUIRE(renewal.neighbours.size() == 1); // of the same service only
        CHECK(renewal.neighbours.front().port == bench.slot().listeners.front().port + 1);
        CHECK(std::holds_alternative<Completed>(renewal.stage) == !breaks);
        CHECK(bench.holdsTheOld() == breaks);
        if (!breaks) continue;
        CHECK(bench.reasonOf("renewal.rolled_back") ==
              "another certificate of the service is not served as before: the neighbour does not "
              "answer");
        CHECK(bench.host.served() == bench.old);
    }
}

TEST_CASE("an installer that does not answer at the end is told again until it has heard")
{
    AgentBench bench;
    bench.host.failing.emplace("finish", Error{ErrorKind::Unavailable, "away"});
    bench.take();
    bench.work(hours(5));
    CHECK(std::holds_alternative<Completed>(bench.renewal().stage));
    CHECK_FALSE(bench.renewal().settled);
    CHECK(bench.count("key.destroyed") == 0);
    bench.host.failing.clear();
    bench.work(hours(1));
    CHECK(bench.renewal().settled);
    CHECK(bench.count("key.destroyed") == 1);
    CHECK(bench.parts.desk.open().empty());
}

TEST_CASE("a template that changed since the last renewal is told, and the renewal goes on")
{
    const x509::TemplateInformation before{"1.3.6.1.4.1.311.21.8.7", "", 100, 4};
    for (const int minor : {4, 5}) {
        CAPTURE(minor);
        Content content;
        content.ofTemplate = before;
        AgentBench bench({}, content);
        content.ofTemplate->minorVersion = minor;
        bench.enroller.onSubmit = issuing(bench, content);
        bench.take();
        bench.work(hours(1));
        CHECK(std::holds_alternative<Completed>(bench.renewal().stage));
        Json::Object details;
        for (const auto& event : bench.events()) {
            if (event.kind == "certificate.issued") details = event.details;
        }
        CHECK((details.count("template_version") == 1) == (minor == 5));
        if (minor != 5) continue;
        CHECK(details.at("template_version") == Json("100.5"));
        CHECK(details.at("old_template_version") == Json("100.4"));
    }
}
