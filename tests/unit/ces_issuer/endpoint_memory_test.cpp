// Which endpoint is asked first, and what is remembered of them for the next renewal.

#include "plugins/ces_issuer/endpoint_memory.h"
#include "shared/plugin_api/issuer.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <set>

using namespace perennial;
using namespace perennial::plugins;

namespace {

const TimePoint noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + Duration(43200);

const std::vector<RankedUrl> three = {
    {"https://c/CES", 1}, {"https://a/CES", 1}, {"https://first/CES", 0}};

} // namespace

TEST_CASE("lower priority first; equal ones in another order on other hosts, the same each time")
{
    std::set<std::vector<std::string>> orders;
    for (int host = 0; host < 20; ++host) {
        const auto name = "web" + std::to_string(host);
        const auto order = ranked(three, name);
        CHECK(order == ranked({three.rbegin(), three.rend()}, name));
        REQUIRE(order.size() == 3);
        CHECK(order.front() == "https://first/CES");
        orders.insert(order);
    }
    CHECK(orders.size() == 2);
    CHECK(ranked({{"https://a/CES", 2}, {"https://a/CES", 1}}, "x").size() == 1);
}

TEST_CASE("an endpoint that failed is passed over for a minute, longer each time, never left out")
{
    EndpointMemory memory;
    const std::vector<std::string> urls = {"https://a/CES", "https://b/CES"};
    const std::vector<std::string> swapped = {"https://b/CES", "https://a/CES"};
    CHECK(memory.inOrder(urls, noon) == urls);
    memory.failed("https://a/CES", noon);
    CHECK(memory.inOrder(urls, noon + Duration(59)) == swapped);
    CHECK(memory.inOrder(urls, noon + Duration(60)) == urls);
    memory.failed("https://a/CES", noon);
    CHECK(memory.inOrder(urls, noon + Duration(119)) == swapped);
    CHECK(memory.inOrder(urls, noon + Duration(120)) == urls);
    for (int time = 0; time < 50; ++time)
        memory.failed("https://a/CES", noon);
    CHECK(memory.isOpen("https://a/CES", noon + Duration(1799)));
    CHECK_FALSE(memory.isOpen("https://a/CES", noon + Duration(1800)));
    // Both fail: both are tried, in their own order.
    memory.failed("https://b/CES", noon);
    CHECK(memory.inOrder(urls, noon) == urls);
    memory.answered("https://a/CES");
    CHECK_FALSE(memory.isOpen("https://a/CES", noon));
    // A clock that was put back opens no circuit for ever.
    CHECK_FALSE(memory.isOpen("https://b/CES", noon - Duration(10)));
}

TEST_CASE("an offer is used as long as the policy service says, a week at most")
{
    CHECK(nextUpdate(noon, 4) == noon + std::chrono::hours(4));
    CHECK(nextUpdate(noon, std::nullopt) == noon + std::chrono::hours(8));
    CHECK(nextUpdate(noon, 0xFFFFFFFFU) == noon + std::chrono::hours(168));
    const RememberedOffer offer{three, noon, noon + std::chrono::hours(4)};
    CHECK(isFresh(offer, noon));
    CHECK_FALSE(isFresh(offer, noon + std::chrono::hours(4)));
    CHECK_FALSE(isFresh(offer, noon - std::chrono::hours(24 * 30))); // the clock was put back
}

TEST_CASE("what is remembered is read as it was written; what is not readable is forgotten")
{
    EndpointMemory memory;
    memory.keepOffer("template", {three, noon, noon + std::chrono::hours(4)}, noon);
    memory.failed("https://a/CES", noon);
    const auto read = EndpointMemory::fromText(memory.toText());
    REQUIRE(read.offer("template") != nullptr);
    CHECK(*read.offer("template") == *memory.offer("template"));
    CHECK(read.isOpen("https://a/CES", noon));
    CHECK(read.toText() == memory.toText());
    for (const std::string text : {"", "{}", "[]", "{\"offers\": 1, \"failures\": {}}",
             "{\"offers\": {\"x\": {\"urls\": 3}}, \"failures\": {\"y\": 7}}"}) {
        const auto nothing = EndpointMemory::fromText(text);
        CHECK(nothing.offer("x") == nullptr);
        CHECK_FALSE(nothing.isOpen("y", noon));
    }
    CHECK(EndpointMemory::fromText(std::string(IssuerNotes::memoryLimit + 1, ' ')).toText() ==
          EndpointMemory().toText());
}

TEST_CASE("the memory stays small however many endpoints and templates there are")
{
    EndpointMemory memory;
    for (int number = 0; number < 500; ++number) {
        const auto name = std::to_string(number);
        memory.failed("https://" + name + "/CES", noon + Duration(number));
        memory.keepOffer(
            name, {{{"https://" + name + "/CES", 0}}, noon, noon + Duration(number)}, noon);
    }
    CHECK(memory.toText().size() < IssuerNotes::memoryLimit);
    CHECK(memory.offer("499") != nullptr);
    CHECK(memory.offer("0") == nullptr);
    memory.keepOffer("huge", {{{std::string(5000, 'x'), 0}}, noon, noon}, noon);
    CHECK(memory.offer("huge") == nullptr);
}
