#include "shared/base/clock.h"

#include "tests/support/fake_clock.h"

#include <cstdlib>
#include <ctime>
#include <doctest/doctest.h>
#include <limits>
#include <vector>

using namespace perennial;
using namespace std::chrono_literals;

namespace {

TimePoint at(std::int64_t seconds) { return TimePoint(Duration(seconds)); }

} // namespace

TEST_CASE("times are written as RFC 3339 in UTC")
{
    struct Row {
        std::int64_t seconds;
        std::string text;
    };
    // From GNU date, not from this code.
    const std::vector<Row> rows = {
        {0, "1970-01-01T00:00:00Z"},
        {1795240800, "2026-11-21T06:00:00Z"},
        {951782400, "2000-02-29T00:00:00Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
        {253402300800, "9999-12-31T23:59:59Z"},
        {-62167219200, "0000-01-01T00:00:00Z"},
        {-62167219201, "0000-01-01T00:00:00Z"},
        {std::numeric_limits<std::int64_t>::max() / 1000, "9999-12-31T23:59:59Z"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.seconds);
        CHECK(toRfc3339(at(row.seconds)) == row.text);
        if (at(row.seconds) == *timeFromRfc3339(row.text)) continue;
        CHECK((row.seconds > 253402300799 || row.seconds < -62167219200));
    }
    CHECK(toRfc3339(PreciseTime(1795240800007ms)) == "2026-11-21T06:00:00.007Z");
    CHECK(toRfc3339(PreciseTime(-1ms)) == "1969-12-31T23:59:59.999Z");
    CHECK(toRfc3339(PreciseTime::max()) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("times with any RFC 3339 offset are read as the same moment")
{
    const TimePoint moment = at(1795240800);
    for (const char* text : {"2026-11-21T06:00:00Z", "2026-11-21T06:00:00z", "2026-11-21t06:00:00Z",
             "2026-11-21T06:00:00+00:00", "2026-11-21T06:00:00-00:00", "2026-11-21T07:00:00+01:00",
             "2026-11-21T11:30:00+05:30", "2026-11-20T22:00:00-08:00", "2026-11-22T05:59:00+23:59",
             "2026-11-20T06:01:00-23:59", "2026-11-21T06:00:00.0Z",
             "2026-11-21T06:00:00.999999999Z", "2026-11-21T07:00:00.5+01:00"}) {
        CAPTURE(text);
        const auto read = timeFromRfc3339(text);
        REQUIRE(read);
        CHECK(*read == moment);
    }
}

TEST_CASE("no zone, no change to summer time and back, and no leap second moves a moment's text")
{
    const char* before = std::getenv("TZ");
    const std::string kept = before == nullptr ? "" : before;
    // Hours around changes of 2026 in the three zones, in the gap and in the hour that comes twice.
    for (const auto* text : {"2026-03-08T05:29:59Z", "2026-03-08T05:30:00Z", "2026-11-01T04:30:00Z",
             "2026-11-01T05:00:00Z", "2026-04-04T15:15:00Z", "2016-12-31T23:59:59Z"}) {
        for (const auto* zone : {"America/St_Johns", "Australia/Lord_Howe", "right/UTC"}) {
            ::setenv("TZ", zone, 1);
            ::tzset();
            const auto time = timeFromRfc3339(text);
            REQUIRE(time.ok());
            CHECK_MESSAGE(toRfc3339(*time) == text, zone);
            CHECK(toRfc3339(*time + Duration(3600)) > text);
            CHECK(*timeFromRfc3339(toRfc3339(*time + Duration(3600))) - *time == Duration(3600));
        }
    }
    if (before == nullptr)
        ::unsetenv("TZ");
    else
        ::setenv("TZ", kept.c_str(), 1);
    ::tzset();
}

TEST_CASE("what is no RFC 3339 time is refused")
{
    for (const char* text : {"", "2026-11-21", "2026-11-21T06:00:00", "2026-11-21 06:00:00Z",
             "2026-11-21T06:00Z", "2026-11-21T06:00:00 Z", " 2026-11-21T06:00:00Z",
             "2026-11-21T06:00:00Zx", "2026-11-21T06:00:00+1:00", "2026-11-21T06:00:00+0100",
             "2026-11-21T06:00:00+24:00", "2026-11-21T06:00:00+01:60", "2026-11-21T06:00:00.Z",
             "2026-11-21T06:00:00,5Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
             "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-00T00:00:00Z",
             "2026-11-21T24:00:00Z", "2026-11-21T06:60:00Z", "2026-11-21T06:00:60Z",
             "20261121T060000Z", "+2026-11-21T06:00:00Z", "-026-11-21T06:00:00Z",
             "02026-11-21T06:00:00Z", "1e10", "2026-1a-21T06:00:00Z"}) {
        CAPTURE(text);
        const auto read = timeFromRfc3339(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().kind == ErrorKind::InvalidInput);
    }
}

TEST_CASE("durations have a number and a unit, and are shown in the largest that fits")
{
    struct Row {
        std::string text;
        std::int64_t seconds;
        std::string shown;
    };
    const std::vector<Row> rows = {{"0s", 0, "0s"}, {"45s", 45, "45s"}, {"60s", 60, "1m"},
        {"15m", 900, "15m"}, {"90m", 5400, "90m"}, {"12h", 43200, "12h"}, {"24h", 86400, "1d"},
        {"30d", 2592000, "30d"}, {"8w", 4838400, "8w"}, {"7d", 604800, "1w"},
        {"36525d", 3155760000, "36525d"}, {"0w", 0, "0s"}};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        const auto read = durationFromText(row.text);
        REQUIRE(read);
        CHECK(read->count() == row.seconds);
        CHECK(toText(*read) == row.shown);
        CHECK(*durationFromText(row.shown) == *read);
    }
    CHECK(toText(Duration(-300)) == "-5m");
}

TEST_CASE(
    "durations without a unit, with a sign, a fraction, a leading zero or without end are refused")
{
    for (const char* text : {"", "s", "30", "30 d", " 30d", "30d ", "-1d", "+1d", "1.5h", "1,5h",
             "1h30m", "030d", "00s", "30D", "30y", "30ms", "0x10s", "d30", "36526d", "5218w",
             "99999999999999999999s", "9223372036854775807s", "18446744073709551617s"}) {
        CAPTURE(text);
        const auto read = durationFromText(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().kind == ErrorKind::InvalidInput);
    }
}

TEST_CASE("the system's clock is close to this century and its monotonic time does not go back")
{
    const SystemClock clock;
    CHECK(clock.now() > *timeFromRfc3339("2024-01-01T00:00:00Z"));
    CHECK(clock.now() < *timeFromRfc3339("2124-01-01T00:00:00Z"));
    const auto before = clock.monotonic();
    CHECK(clock.monotonic() >= before);
}

TEST_CASE("a fake clock moves only when told, and now() is the whole second of preciseNow()")
{
    test::FakeClock clock(at(1000));
    CHECK(clock.now() == at(1000));
    clock.advance(Duration(5));
    CHECK(clock.now() == at(1005));
    CHECK(clock.preciseNow() == PreciseTime(1005000ms));
}

TEST_CASE("a deadline knows what is left and never less than nothing")
{
    const Deadline past(0ms);
    CHECK(past.over());
    CHECK(past.left() == 0ms);
    CHECK(past.leftForPoll() == 0);
    CHECK(Deadline(-5s).leftForPoll() == 0);
    const Deadline later(1h);
    CHECK_FALSE(later.over());
    CHECK(later.left() <= 1h);
    CHECK(later.left() > 50min);
    CHECK(Deadline(24h * 365).leftForPoll() == std::numeric_limits<int>::max());
}
