// What the authority tells of revocations, and the list of events that it tells it in.

#include "tests/unit/inventory/watch_fixture.h"

using namespace perennial;
using namespace perennial::test;
using controller::EnrollmentWatch;

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
    const auto items = must(Json::parse(R"([{"id":2,"kind":"x","details":{}},
        {"id":2,"kind":"x","details":{}}])"));
    CHECK(EnrollmentWatch::take(*fixture.database, *items.array(), fixture.clock.preciseNow())
              .error()
              .kind == ErrorKind::InvalidInput);
}
