// What the authority tells of revocations, and the list of events that it tells it in.

#include "tests/unit/inventory/watch_fixture.h"

using namespace perennial;
using namespace perennial::test;
using controller::EnrollmentWatch;

namespace {

const std::string revocation = R"("kind":"certificate.revoked","time":"2026-09-21T14:00:00Z",
    "details":{"serial":"0A1B2C","reason":"keyCompromise"})";

// As the service answers: its database, its newest event, the digest of the event asked after.
std::string pageOf(const std::string& items, const std::string& database, int newest,
    const std::string& afterDigest = "null")
{
    return R"({"items":[)" + items + R"(],"database":")" + database + R"(","newest":)" +
           std::to_string(newest) + R"(,"after_digest":)" +
           (afterDigest == "null" ? afterDigest : "\"" + afterDigest + "\"") + "}";
}

std::string eventOf(int id, const std::string& digest, const std::string& rest)
{
    return R"({"id":)" + std::to_string(id) + R"(,"digest":")" + digest + "\"," + rest + "}";
}

const std::string nothing = R"("kind":"crl.published","time":"2026-09-21T14:00:00Z","details":{})";
const std::string renewed =
    R"("kind":"certificate.issued","time":"2026-09-21T14:00:00Z","details":{"serial":"FF01",
    "renews":"0A1B2C"})";

} // namespace

TEST_CASE("a revoked certificate that is in a slot is told once; a hold that is over is forgotten")
{
    WatchFixture fixture;
    const std::string revoked = R"("kind":"certificate.revoked","time":"2026-09-21T14:00:00Z",
        "details":{"serial":"0A1B2C","reason":"certificateHold"}}])";
    CHECK(fixture.take(R"([{"id":1,)" + revoked) == 1);
    CHECK(fixture.take(R"([{"id":2,)" + revoked) == 0);
    REQUIRE(fixture.told().size() == 1);
    CHECK(fixture.told()[0].kind == "certificate.revoked");
    CHECK(fixture.told()[0].slotId == "slot-a");
    fixture.take(R"([{"id":3,"kind":"certificate.released","time":"2026-09-21T14:00:00Z",
        "details":{"serial":"0A1B2C","reason":"removeFromCRL"}}])");
    CHECK(fixture.take(R"([{"id":4,)" + revoked) == 1);
}

TEST_CASE("events that are not numbered upwards are refused whole")
{
    WatchFixture fixture;
    for (const auto* page :
        {R"({"items":[{"id":2,"kind":"x","details":{}},{"id":2,"kind":"x","details":{}}]})",
            R"({"items":[{"kind":"x","details":{}}]})", R"({"items":4})", "{}", "[]"}) {
        CHECK(EnrollmentWatch::take(
                  *fixture.database, must(Json::parse(page)), fixture.clock.preciseNow())
                  .error()
                  .kind == ErrorKind::InvalidInput);
    }
    CHECK(fixture.state().cursor == 0);
}

TEST_CASE("a list that goes on is no other one, and its place is kept with its digest")
{
    WatchFixture fixture;
    CHECK(fixture.takePage(pageOf(eventOf(7, "d7", nothing), "one", 9)) == 0);
    CHECK(fixture.state().cursor == 7);
    CHECK(fixture.state().digest == "d7");
    CHECK(fixture.state().newest == 9);
    CHECK(fixture.takePage(pageOf(eventOf(9, "d9", nothing), "one", 9, "d7")) == 0);
    CHECK(fixture.takePage(pageOf("", "one", 9, "d9")) == 0);
    CHECK(fixture.state().restores == 0);
    CHECK(fixture.told().empty());
}

TEST_CASE("a list that is not the one that was read is told, and read from its beginning")
{
    WatchFixture fixture;
    CHECK(fixture.takePage(pageOf(eventOf(7, "d7", nothing), "one", 7)) == 0);
    std::string page;
    SUBCASE("it ends before the place") { page = pageOf("", "one", 6); }
    SUBCASE("it has overtaken the place") { page = pageOf("", "one", 12, "other"); }
    SUBCASE("the event of the place is gone") { page = pageOf("", "one", 12); }
    SUBCASE("another database") { page = pageOf("", "two", 12, "d7"); }
    CHECK(fixture.takePage(page) == 1);
    REQUIRE(fixture.told().size() == 1);
    CHECK(fixture.told()[0].kind == "enrollment.restored");
    CHECK(fixture.told()[0].outcome == model::Outcome::Failure);
    CHECK(fixture.told()[0].details.at("read_until") == Json(7));
    CHECK(fixture.state().cursor == 0);
    CHECK(fixture.state().restores == 1);
    CHECK(fixture.state().restoredAt == fixture.clock.now());
    const auto database = fixture.state().database;
    CHECK(fixture.takePage(pageOf(eventOf(1, "e1", nothing), database, 1)) == 0);
    CHECK(fixture.told().size() == 1);
    CHECK(fixture.state().cursor == 1);
}

TEST_CASE("a place kept by an older version, and a service of an older version, are no other list")
{
    WatchFixture fixture;
    fixture.takePage(R"({"items":[{"id":7,"kind":"x","details":{}}]})");
    CHECK(fixture.state().cursor == 7);
    SUBCASE("it goes on") { CHECK(fixture.takePage(pageOf("", "one", 8, "d7")) == 0); }
    SUBCASE("but an end before the place is")
    {
        CHECK(fixture.takePage(pageOf("", "one", 6)) == 1);
    }
    SUBCASE("it does not tell") { CHECK(fixture.takePage(R"({"items":[]})") == 0); }
}

TEST_CASE("what was told before a restore is not told again, and what is new is")
{
    WatchFixture fixture;
    const auto released = R"("kind":"certificate.released","time":"2026-09-20T14:00:00Z",
        "details":{"serial":"0A1B2C"})";
    const auto held = R"("kind":"certificate.revoked","time":"2026-09-19T14:00:00Z",
        "details":{"serial":"0A1B2C","reason":"certificateHold"})";
    const auto history = eventOf(1, "d1", held) + "," + eventOf(2, "d2", released) + "," +
                         eventOf(3, "d3", revocation);
    CHECK(fixture.takePage(pageOf(history + "," + eventOf(4, "d4", renewed), "one", 4)) == 2);
    CHECK(fixture.judge() == 1);
    const auto before = fixture.told().size();
    CHECK(fixture.takePage(pageOf("", "one", 4, "other")) == 1);
    CHECK(fixture.takePage(pageOf(history + "," + eventOf(4, "e4", renewed), "one", 5)) == 0);
    CHECK(fixture.judge() == 0);
    CHECK(fixture.told().size() == before + 1);
    const auto again = R"("kind":"certificate.issued","time":"2026-09-22T14:00:00Z",
        "details":{"serial":"FF09","renews":"0A1B2C"})";
    fixture.takePage(pageOf(eventOf(5, "e5", again), "one", 5, "e4"));
    CHECK(fixture.judge() == 1);
}

TEST_CASE(
    "an outage of the service is told when it begins and when it ends, with how often it was tried")
{
    WatchFixture fixture;
    const Status away = Error{ErrorKind::Unavailable, "no connection to pki.example.test"};
    CHECK(fixture.note({}) == 0);
    CHECK(fixture.note(away) == 1);
    const auto since = fixture.clock.now();
    for (int i = 0; i < 3; ++i) {
        fixture.clock.advance(Duration(30));
        CHECK(fixture.note(away) == 0);
    }
    CHECK(fixture.state().tries == 4);
    CHECK(fixture.state().problem == "no connection to pki.example.test");
    CHECK(fixture.note({}) == 1);
    CHECK(fixture.note({}) == 0);
    const auto told = fixture.told();
    REQUIRE(told.size() == 2);
    CHECK(told[0].kind == "enrollment.watch_failed");
    CHECK(told[0].reason == "no connection to pki.example.test");
    CHECK(told[0].outcome == model::Outcome::Failure);
    CHECK(told[1].kind == "enrollment.watch_recovered");
    CHECK(told[1].details.at("tries") == Json(4));
    CHECK(told[1].details.at("since") == Json(toRfc3339(since)));
    CHECK(fixture.state().tries == 0);
    CHECK(fixture.state().problem.empty());
    CHECK(fixture.note(away) == 1);
}

TEST_CASE("a way to misuse a template is told once, and again when it comes back")
{
    WatchFixture fixture;
    int id = 0;
    const auto tell = [&](const std::string& kind, const std::string& details) {
        return fixture.take(R"([{"id":)" + std::to_string(++id) + R"(,"kind":")" + kind +
                            R"(","time":"2026-09-21T14:00:00Z","details":)" + details + "}]");
    };
    const std::string risky = R"({"template":"Web","risks":["ESC1","ESC15","ESC1"]})";
    CHECK(tell("template.loaded", risky) == 2);
    CHECK(tell("template.loaded", risky) == 0); // the service was started again
    CHECK(tell("template.loaded", R"({"template":"Mail","risks":["ESC1"]})") == 1);
    CHECK(tell("template.updated", R"({"template":"Web","risks":["ESC15","ESC17"]})") == 1);
    CHECK(tell("template.updated", risky) == 1);
    CHECK(tell("template.removed", R"({"template":"Web"})") == 0);
    CHECK(tell("template.loaded", risky) == 2);
    CHECK(tell("templates.refused", R"({"problem":"Web.yaml:3: rights","risks":["ESC1"]})") == 1);
    // An older service does not tell; another one's words are not ours.
    CHECK(tell("template.loaded", R"({"template":"Old"})") == 0);
    CHECK(tell("template.loaded",
              R"({"template":"Bad","risks":["ESC","ESCX","ESC123","\n",7,null,"esc1"]})") == 0);
    const auto told = fixture.told();
    REQUIRE(told.size() == 8);
    for (const auto& event : told)
        CHECK(event.kind == "esc.flag");
    CHECK(*told[0].details.at("flag").string() == "ESC1");
    CHECK(*told[0].details.at("template").string() == "Web");
    CHECK(told[7].reason.find("Web.yaml:3: rights") != std::string::npos);
}
