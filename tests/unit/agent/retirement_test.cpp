// What was replaced: its key's end is told, and it is revoked where the policy says so, never while
// it is in use.

#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

struct Replaced : AgentBench {
    explicit Replaced(const std::string& superseded = "superseded: revoke\n",
        const std::string& url = "https://pki.example.test/holder-revocation")
        : AgentBench(wordsOf(superseded, url))
    {
    }
    static PolicyWords wordsOf(const std::string& superseded, const std::string& url)
    {
        PolicyWords words;
        words.enroll = superseded;
        if (!url.empty())
            words.endpoint += "]\nrevocation_url: " + url + "\nenrollment_endpoints: [";
        return words;
    }
    void renew()
    {
        take();
        work(minutes(2));
        REQUIRE(count("certificate.superseded") == 1);
    }
    // Scans and looks each hour, as the agent does.
    void goOn(Duration time)
    {
        for (const auto end = clock.now() + time; clock.now() < end;) {
            clock.advance(hours(1));
            if (change)
                change();
            else
                scan();
            REQUIRE(parts.retirement.runIfDue());
        }
    }
    std::function<void()> change; // instead of a scan
    std::size_t asked() const { return enroller.askedToRevoke().size(); }
    std::string said() const { return reasonOf("certificate.revocation_asked"); }
    Superseded kept() const { return parts.superseded.all()->front(); }
};

} // namespace

TEST_CASE("it is revoked by the one that replaced it, once, an hour after")
{
    Replaced bench;
    bench.renew();
    bench.scan();
    REQUIRE(bench.parts.retirement.runIfDue());
    CHECK(bench.asked() == 0);
    CHECK(bench.count("certificate.revocation_asked") == 0);
    bench.goOn(hours(1));
    CHECK(bench.enroller.askedToRevoke() ==
          std::vector<std::string>{fingerprintOf(bench.host.live())});
    CHECK(bench.host.calls("discard") == 1);
    CHECK(bench.said().empty());
    const auto event = bench.events().back();
    CHECK(event.kind == "certificate.revocation_asked");
    CHECK(event.outcome == model::Outcome::Success);
    CHECK(event.certificate.at("fingerprint") == Json(bench.old));
    CHECK(event.certificate.count("issuer") == 1);
    CHECK(event.correlationId == bench.order().id.text());
    CHECK(event.details.at("new_serial") == Json(bench.slot().certificate.serial));
    CHECK(bench.kept().revoked);
    CHECK(has(supersededText(bench.kept(), bench.clock.now()), "revoked at its CA"));
    bench.goOn(hours(100));
    CHECK(bench.asked() == 1);
}

TEST_CASE("by default nothing is revoked and nothing said")
{
    for (const std::string words : {"", "superseded: keep\n"}) {
        Replaced bench(words);
        bench.renew();
        bench.goOn(hours(50));
        CHECK(bench.asked() == 0);
        CHECK(bench.count("certificate.revocation_asked") == 0);
    }
}

TEST_CASE(
    "an old key that was kept is told of when it is gone, and the certificate is revoked then")
{
    Replaced bench;
    bench.host.keepsPrevious = "the guard keeps the old pair until later";
    bench.renew();
    bench.goOn(hours(48));
    CHECK(bench.count("key.destroyed") == 0);
    CHECK(bench.asked() == 0);
    SUBCASE("the installer says so") { bench.host.keepsPrevious.clear(); }
    SUBCASE("or has forgotten the order long ago")
    {
        bench.host.failing["finish"] = {ErrorKind::NotFound, "no key was made for this order"};
    }
    bench.goOn(hours(48));
    CHECK(bench.count("key.destroyed") == 1);
    CHECK(bench.asked() == 1);
    CHECK(bench.kept().keyKept.empty());
    CHECK_FALSE(has(supersededText(bench.kept(), bench.clock.now()), "keeps"));
}

TEST_CASE("an installer that does not answer says nothing of a key")
{
    Replaced bench;
    bench.host.keepsPrevious = "the guard keeps the old pair until later";
    bench.renew();
    bench.host.failing["finish"] = {ErrorKind::Unavailable, "away"};
    bench.goOn(hours(48));
    CHECK(bench.count("key.destroyed") == 0);
    CHECK(bench.asked() == 0);
}

TEST_CASE("what is in use on the host is not revoked, and that is told once")
{
    Replaced bench;
    bench.renew();
    std::string where = "/srv/copy.pem";
    const auto without = [&] { return scanOf(bench.host, bench.clock.now()); };
    auto report = without();
    SUBCASE("its pair is in another slot")
    {
        auto other = report.slots.front();
        other.place.certificatePath = other.place.keyPath = where;
        other.id = model::slotIdOf(other.place);
        other.certificate.fingerprint = model::Fingerprint(bench.old);
        report.slots.push_back(other);
    }
    SUBCASE("a listener shows it")
    {
        auto more = report.slots.front().listeners.front();
        more.port = 8443;
        more.served = model::Fingerprint(bench.old);
        report.slots.front().listeners.push_back(more);
        where = "127.0.0.1:8443";
    }
    bench.change = [&] {
        report.scannedAt = bench.clock.now();
        REQUIRE(bench.parts.slots.put(report));
    };
    bench.goOn(hours(60));
    CHECK(bench.asked() == 0);
    CHECK(bench.count("certificate.revocation_asked") == 1);
    CHECK(has(bench.said(), "still in use: " + where));
    CHECK(has(bench.said(), "perennial enrollment revoke"));
    CHECK(bench.events().back().outcome == model::Outcome::Failure);
    bench.change = nullptr; // the copy is gone
    bench.goOn(hours(48));
    CHECK(bench.asked() == 1);
    CHECK(bench.kept().revoked);
}

TEST_CASE("without proof that the new one serves nothing is revoked")
{
    Replaced bench;
    bench.renew();
    std::string why;
    SUBCASE("no scan since")
    {
        auto report = scanOf(bench.host, bench.clock.now() - hours(2));
        bench.change = [&bench, report] { REQUIRE(bench.parts.slots.put(report)); };
        why = "no scan has looked";
    }
    SUBCASE("nobody listens")
    {
        bench.host.serviceIsDown = true;
        why = "no listener shows the new one";
    }
    SUBCASE("it is not served at this moment")
    {
        auto report = scanOf(bench.host, bench.clock.now());
        bench.change = [&bench, report]() mutable {
            report.scannedAt = bench.clock.now();
            REQUIRE(bench.parts.slots.put(report));
        };
        bench.host.serviceIsDown = true;
        why = "the new one is not served";
    }
    SUBCASE("somebody has put another one there")
    {
        bench.host.install(bench.authority.issue(FakeAuthority::newKey().publicKeyDer(), {}));
        why = "what replaced it is not in place";
    }
    bench.goOn(hours(10));
    CHECK(bench.asked() == 0);
    CHECK(has(bench.said(), why));
}

TEST_CASE("a CA without such an address, or one that refuses, leaves it to an operator")
{
    SUBCASE("no address")
    {
        Replaced bench("superseded: revoke\n", "");
        bench.renew();
        bench.goOn(hours(10));
        CHECK(bench.asked() == 0);
        CHECK(has(bench.said(), "has no revocation_url"));
        CHECK(has(supersededText(bench.kept(), bench.clock.now()), "has no revocation_url"));
    }
    SUBCASE("refused: asked again seldom, until it is done")
    {
        Replaced bench;
        bench.enroller.onRevoke = [] {
            return Status(Error{ErrorKind::PermissionDenied, "it has renewed no other one"});
        };
        bench.renew();
        bench.goOn(hours(24));
        CHECK(bench.asked() == 5); // after 1, 2, 4, 8 hours more, then after a day each
        CHECK(bench.count("certificate.revocation_asked") == 1);
        CHECK(bench.host.calls("discard") == 5);
        bench.enroller.onRevoke = [] { return Status(); };
        bench.goOn(hours(48));
        CHECK(bench.kept().revoked);
        CHECK(bench.count("certificate.revocation_asked") == 2);
    }
    SUBCASE("the installer lends nothing")
    {
        Replaced bench;
        bench.renew();
        bench.host.failing["make_key"] = {ErrorKind::PermissionDenied, "not among key_types"};
        bench.goOn(hours(3));
        CHECK(bench.asked() == 0);
        CHECK(has(bench.said(), "not among key_types"));
    }
}

TEST_CASE("what has expired is left alone")
{
    Replaced bench;
    bench.enroller.onRevoke = [] { return Status(Error{ErrorKind::Unavailable, "away"}); };
    bench.renew();
    bench.goOn(hours(24 * 11));
    const auto before = bench.asked();
    bench.enroller.onRevoke = [] { return Status(); };
    bench.goOn(hours(72));
    CHECK(bench.asked() == before);
    CHECK_FALSE(bench.kept().revoked);
}

TEST_CASE("a restart forgets neither what is done nor what was told")
{
    Replaced bench;
    bench.enroller.onRevoke = [] { return Status(Error{ErrorKind::Unavailable, "away"}); };
    bench.renew();
    bench.goOn(hours(1));
    AgentParts again(bench.disk, "/state", bench.host, bench.enroller, bench.clock);
    REQUIRE(again.open());
    bench.clock.advance(hours(1));
    REQUIRE(again.slots.put(scanOf(bench.host, bench.clock.now())));
    REQUIRE(again.retirement.runIfDue());
    CHECK(bench.asked() == 2);
    const auto told = again.events->next(10'000);
    CHECK(std::count_if(told.begin(), told.end(),
              [](const auto& event) { return event.kind == "certificate.revocation_asked"; }) == 1);
}
