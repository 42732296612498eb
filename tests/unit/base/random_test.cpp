#include "shared/base/random.h"

#include <doctest/doctest.h>
#include <regex>
#include <set>

using namespace perennial;
using namespace std::chrono_literals;

TEST_CASE("random bytes have the length asked for and are not the same twice")
{
    CHECK(randomBytes(0).empty());
    CHECK(randomBytes(1).size() == 1);
    CHECK(randomBytes(100'000).size() == 100'000); // more than one call of the kernel gives
    CHECK(randomBytes(32) != randomBytes(32));
}

TEST_CASE("a version 7 UUID begins with its time and has the form of RFC 9562")
{
    // The example of RFC 9562 appendix A.6: 2022-02-22T19:22:22Z.
    const std::string uuid = uuidV7(PreciseTime(1645557742000ms));
    CHECK(uuid.substr(0, 13) == "017f22e2-79b0");
    CHECK(std::regex_match(
        uuid, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
    CHECK(uuidV7(PreciseTime(1ms)) < uuidV7(PreciseTime(2ms)));
    CHECK(uuidV7(PreciseTime(255ms)) < uuidV7(PreciseTime(256ms)));
}

TEST_CASE("version 4 UUIDs have the form of RFC 9562 and do not repeat")
{
    const std::regex form("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string uuid = uuidV4();
        CHECK(std::regex_match(uuid, form));
        seen.insert(uuid);
    }
    CHECK(seen.size() == 1000);
}
