// Lists in pages.

#include "controller/api/page.h"
#include "shared/base/encoding.h"
#include "tests/unit/controller_api/api_fixture.h"

#include <algorithm>

using namespace perennial;
using namespace perennial::test;

namespace {

// 7 agents with 3 slots each, of which many end in the same second, and 7 orders in one second.
struct Fleet : ControllerApi {
    Fleet()
    {
        addOperator("viewer");
        must(database->transaction([&](sql::Session& session) -> Status {
            for (int i = 0; i < 7; ++i) {
                const auto id = "agent-" + std::to_string(i);
                must(controller::agents::insert(
                    session, agentRecord(id, "web" + std::to_string(i) + ".example.test")));
                for (const auto* slot : {"slot-a", "slot-b", "slot-c"})
                    must(controller::slots::put(
                        session, slotRecord(slotWith(slot, oneDay * (i % 2 == 0 ? 1 : 3000)), id)));
                addOrder(session, i);
            }
            return {};
        }));
        must(directory->reload());
    }
    void addOrder(sql::Session& session, int number) const
    {
        controller::OrderRecord record;
        record.order.id = model::OrderId("order-" + std::to_string(number));
        record.order.agent = model::AgentId("agent-" + std::to_string(number % 7));
        record.order.slot = model::SlotId("slot-a");
        record.order.orderedAt = record.updatedAt = today;
        record.open = number < 7;
        must(controller::orders::insert(session, record));
    }
    Said page(const std::string& path, const std::string& query)
    {
        return operate("viewer-token", "GET", path + "?" + query);
    }
    static std::string idOf(const Json& item)
    {
        std::string id;
        for (const auto* name : {"order_id", "agent_id", "slot_id"}) {
            const auto* value = item.find(name);
            if (value != nullptr) id += *value->string() + " ";
        }
        return id;
    }
    // Every item, asked for `limit` at a time.
    std::vector<std::string> all(const std::string& path, int limit, const std::string& filter = "")
    {
        std::vector<std::string> ids;
        std::string cursor;
        for (int pages = 0; pages < 100; ++pages) {
            const auto said = page(path, "limit=" + std::to_string(limit) + filter + cursor);
            REQUIRE_MESSAGE(said.status == 200, said.message);
            const auto& items = *said.json.find("items")->array();
            for (const auto& item : items)
                ids.push_back(idOf(item));
            const auto* next = said.json.find("next");
            if (next == nullptr) return ids;
            CHECK(items.size() == static_cast<std::size_t>(limit));
            cursor = "&cursor=" + *next->string();
        }
        FAIL("pages without end");
        return ids;
    }
};

const std::vector<std::string> lists = {"/v1/agents", "/v1/certificates", "/v1/renewals"};

} // namespace

TEST_CASE("pages of any size together are the whole list, each item once and in one order")
{
    Fleet fleet;
    for (const auto& path : lists) {
        CAPTURE(path);
        const auto whole = fleet.all(path, 1000);
        CHECK(whole.size() == (path == "/v1/certificates" ? 21 : 7));
        for (const int limit : {1, 2, 3, 7, 20, 21})
            CHECK(fleet.all(path, limit) == whole);
    }
    CHECK(fleet.all("/v1/certificates", 2, "&agent=agent-3").size() == 3);
    CHECK(fleet.all("/v1/certificates", 2, "&expiring_within=30d").size() == 12);
    CHECK(fleet.all("/v1/certificates", 2, "&name=web1.example.test").size() == 21);
    CHECK(fleet.all("/v1/certificates", 2, "&policy=web").empty());
    CHECK(fleet.all("/v1/renewals", 1, "&agent=agent-3").size() == 1);
}

TEST_CASE("what comes and goes between two pages moves no other item")
{
    Fleet fleet;
    const auto first = fleet.page("/v1/renewals", "limit=3");
    const auto next = "limit=1000&cursor=" + *first.json.find("next")->string();
    const auto before = fleet.page("/v1/renewals", next).text;
    must(fleet.database->transaction([&](sql::Session& session) -> Status {
        for (int number = 7; number < 10; ++number)
            fleet.addOrder(session, number); // newer, by their ids
        return {};
    }));
    CHECK(fleet.page("/v1/renewals", next).text == before);
    const auto slots = fleet.page("/v1/certificates", "limit=2");
    must(fleet.database->transaction([&](sql::Session& session) {
        return controller::slots::remove(
            session, model::AgentId("agent-0"), model::SlotId("slot-b")); // the cursor's own
    }));
    const auto rest =
        fleet.page("/v1/certificates", "limit=1000&cursor=" + *slots.json.find("next")->string());
    CHECK(rest.json.find("items")->array()->size() == 19);
}

TEST_CASE("a limit or a cursor that cannot be is refused")
{
    Fleet fleet;
    const auto cursor = *fleet.page("/v1/agents", "limit=1").json.find("next")->string();
    for (const auto& path : lists) {
        CAPTURE(path);
        for (const auto* limit : {"0", "1001", "-1", "1x", "99999999999999999999"})
            CHECK(fleet.page(path, std::string("limit=") + limit).status == 400);
        CHECK(fleet.page(path, "cursor=" + cursor).status == (path == "/v1/agents" ? 200 : 400));
        for (const auto& wrong :
            {std::string("x"), std::string("!!"), cursor + "x", std::string("bnVsbA"),
                std::string(6000, 'A'), toBase64Url("[\"agents\",1,2,3]")}) {
            const auto said = fleet.page(path, "cursor=" + wrong);
            CHECK(said.status == 400);
            CHECK(said.message.find("cursor") != std::string::npos);
        }
    }
}

TEST_CASE("a page has a hundred items unless more are asked for")
{
    Json item;
    http::Call call;
    const auto page = must(controller::Page::of(call, "agents"));
    controller::PageOfItems items(page);
    for (int i = 0; i < 150; ++i)
        items.add({i, "", ""}, item);
    const auto body = items.take();
    CHECK(body.find("items")->array()->size() == 100);
    call.query["cursor"] = *body.find("next")->string();
    CHECK(must(controller::Page::of(call, "agents")).after == controller::PageKey{99, "", ""});
}
