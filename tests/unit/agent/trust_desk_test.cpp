// Which documents may change whom a host trusts, and what is told of it.

#include "agent/trust_desk.h"

#include "tests/support/agent_parts.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_files.h"
#include "tests/support/policy_owner.h"
#include "tests/unit/agent/talk.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::days;
using std::chrono::minutes;

namespace {

constexpr TimePoint start = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

struct FakeHands final : AnchorHands {
    Result<AnchorChange> setAnchors(const std::string& store, const std::string& pem) override
    {
        asked.push_back(store + " " + pem);
        return answer;
    }
    std::vector<std::string> asked;
    Result<AnchorChange> answer = AnchorChange{{"aa"}, {"bb"}, {}};
};

struct Bench {
    explicit Bench(bool isSigned, bool alone = false)
    {
        if (isSigned) {
            (void)folder.write("policy_signers", owner.lines({"ann", "bob"}), 0644);
            auto opened = SignedPolicies::open(disk, {1, folder / "policy_signers"}, "/state");
            REQUIRE_MESSAGE(opened.ok(), opened.error().message);
            desired.demand(*std::move(opened));
        }
        desk.emplace(TrustDesk::Parts{desired, hands, clock,
            [this](const auto& more) {
                if (published) events.insert(events.end(), more.begin(), more.end());
                return published;
            },
            alone, minutes(5)});
    }
    void take(std::int64_t version, const std::string& match = "{}")
    {
        auto documents = testDocuments(authority);
        if (!match.empty())
            documents.push_back({"trust.yaml", "kind: trust-anchors\nname: roots\nmatch: " + match +
                                                   "\nstore: system\nanchors: |\n" +
                                                   indented(authority.rootPem())});
        auto sent = asSent(
            documents, version, start, std::string(40, static_cast<char>('a' + version % 6)));
        sent.signedManifest =
            owner.sign(PolicyOwner::contentOf(documents, version, start, ""), {"ann"}, "");
        const auto adopted = desired.adopt(sent, testAgent, "web1.example.test", start);
        REQUIRE_MESSAGE(adopted.ok(), adopted.error().message);
    }

    FakeAuthority authority;
    PolicyOwner owner;
    MemoryFiles disk;
    TemporaryFolder folder;
    FakeClock clock{start};
    DesiredStateKeeper desired{disk, "/state/documents.json"};
    FakeHands hands;
    Status published;
    std::vector<model::AuditEvent> events;
    std::optional<TrustDesk> desk;
};

// The signers' file must be root's.
bool isRoot()
{
    if (::geteuid() != 0) MESSAGE("skipped: the signers' file must be root's");
    return ::geteuid() == 0;
}

} // namespace

TEST_CASE("signed anchors are brought at once, asked for again in time, and told when they changed")
{
    if (!isRoot()) return;
    Bench bench(true);
    bench.take(1);
    bench.desk->runIfDue();
    REQUIRE(bench.hands.asked.size() == 1);
    CHECK(bench.hands.asked[0] == "system " + bench.authority.rootPem());
    REQUIRE(bench.events.size() == 1);
    const auto& event = bench.events[0];
    CHECK(event.kind == "trust.changed");
    CHECK(event.policy == std::string(40, 'b') + ":roots");
    CHECK(*event.details.at("store").string() == "system");
    CHECK(event.details.at("added") == Json(Json::Array{Json("aa")}));
    CHECK(event.details.at("removed") == Json(Json::Array{Json("bb")}));
    CHECK(event.details.count("still_trusted") == 0);
    CHECK(model::toJson(event).ok());

    bench.hands.answer = AnchorChange{};
    bench.desk->runIfDue();
    CHECK(bench.hands.asked.size() == 1);
    bench.clock.advance(minutes(5));
    bench.desk->runIfDue();
    CHECK(bench.hands.asked.size() == 2);
    bench.take(2);
    bench.desk->runIfDue();
    CHECK(bench.hands.asked.size() == 3);
    CHECK(bench.events.size() == 1); // nothing changed
    bench.hands.answer = AnchorChange{{}, {"aa"}, {"aa"}};
    bench.clock.advance(minutes(5));
    bench.desk->runIfDue();
    CHECK(bench.events.back().details.at("still_trusted") == Json(Json::Array{Json("aa")}));
}

TEST_CASE("a controller's own documents change nobody's trust")
{
    Bench bench(false);
    bench.take(1);
    bench.desk->runIfDue();
    CHECK(bench.hands.asked.empty());
    REQUIRE(bench.events.size() == 1);
    CHECK(bench.events[0].kind == "trust.refused");
    CHECK(bench.events[0].outcome == model::Outcome::Denied);
    CHECK(bench.events[0].reason.find("policy_signers") != std::string::npos);
    bench.clock.advance(minutes(5));
    bench.desk->runIfDue();
    CHECK(bench.events.size() == 1); // told once

    Bench alone(false, true); // the host admin's own folder
    alone.take(1);
    alone.desk->runIfDue();
    CHECK(alone.hands.asked.size() == 1);
}

TEST_CASE("documents that have expired, are for other hosts, or are gone change nothing")
{
    if (!isRoot()) return;
    Bench bench(true);
    bench.take(1, "{labels: {site: berlin}}");
    bench.desk->runIfDue();
    CHECK(bench.hands.asked.empty());
    bench.take(2);
    bench.clock.advance(days(400));
    bench.desk->runIfDue();
    CHECK(bench.hands.asked.empty());
    REQUIRE(bench.events.size() == 1);
    CHECK(bench.events[0].reason.find("expired") != std::string::npos);
    bench.take(3, "");
    bench.desk->runIfDue();
    CHECK(bench.hands.asked.empty());
}

TEST_CASE("a refusal of the installer is told once for each reason, later where it cannot be now")
{
    if (!isRoot()) return;
    Bench bench(true);
    bench.hands.answer = Error{ErrorKind::PermissionDenied, "not among the anchors"};
    bench.published = Error{ErrorKind::Unavailable, "full"};
    bench.take(1);
    for (int turn = 0; turn < 4; ++turn) {
        if (turn == 1) bench.published = {};
        bench.desk->runIfDue();
        bench.clock.advance(minutes(5));
    }
    CHECK(bench.hands.asked.size() == 4);
    CHECK(bench.events.size() == 1);
    bench.hands.answer = Error{ErrorKind::Unavailable, "no answer"};
    bench.desk->runIfDue();
    CHECK(bench.events.size() == 2);
    CHECK(bench.events.back().reason == "no answer");
    for (const char* words : {"2026/11/30 15:41:30 [emerg] 7228#7228: no start line",
             "2026/11/30 15:46:31 [emerg] 7311#7311: no start line"}) {
        bench.hands.answer = Error{ErrorKind::Unavailable, words};
        bench.clock.advance(minutes(5));
        bench.desk->runIfDue();
    }
    CHECK(bench.events.size() == 3);
    CHECK(bench.events.back().reason == "2026/11/30 15:41:30 [emerg] 7228#7228: no start line");
}

TEST_CASE("a change that cannot be told when it happens is told later, once")
{
    if (!isRoot()) return;
    Bench bench(true);
    bench.published = Error{ErrorKind::Unavailable, "full"};
    bench.take(1);
    bench.desk->runIfDue();
    CHECK(bench.events.empty());
    bench.published = {};
    bench.hands.answer = AnchorChange();
    for (int turn = 0; turn < 3; ++turn)
        bench.desk->runIfDue();
    CHECK(bench.hands.asked.size() == 1);
    REQUIRE(bench.events.size() == 1);
    CHECK(bench.events.front().kind == "trust.changed");
}
