// What of its inventory an agent sends to its controller, and when.

#include "tests/unit/agent/talk.h"

using namespace perennial;
using namespace perennial::test;

TEST_CASE("what changed is sent, the whole where the controller wants it or holds another")
{
    Talk world;
    auto& calls = world.controller.calls;
    auto scan = [&, number = 0](bool another = true) mutable {
        auto report = *world.agent.parts->slots.inventory();
        if (another) report.slots.front().service = "nginx" + std::to_string(++number);
        REQUIRE(world.agent.parts->slots.put(report));
        world.turn();
    };
    const auto sent = [&](std::size_t whole, std::size_t changes) {
        CHECK(calls["/v1/inventory"] == whole);
        CHECK(calls["/v1/inventory/changes"] == changes);
    };
    world.agent.restart();
    world.turn(); // it holds what was sent before
    sent(0, 0);
    CHECK(world.controller.checkins.front().inventoryDigest ==
          protocol::inventoryDigest(*world.agent.parts->slots.inventory()));
    scan();
    sent(0, 1);
    scan(false);
    sent(0, 1);
    world.controller.checkin.wantInventory = true;
    scan(false);
    sent(1, 1);
    world.controller.checkin.wantInventory = false;
    for (const int status : {409, 404, 400}) { // one that knows nothing of changes answers 404
        world.controller.instead["/v1/inventory/changes"] = saying(status);
        const auto before = calls["/v1/inventory"];
        scan();
        CHECK(calls["/v1/inventory"] == before + 1);
    }
    world.controller.instead["/v1/inventory/changes"] = saying(503);
    scan();
    sent(4, 5);
    world.controller.instead.clear();
    world.turn();
    sent(4, 6);
}

TEST_CASE("an inventory that is refused keeps no order from its renewal")
{
    Talk world;
    world.controller.checkin.wantInventory = true;
    world.turn();
    world.controller.instead["/v1/inventory"] = saying(400);
    world.controller.checkin.wantInventory = true;
    world.controller.checkin.orders = {world.order()};
    CHECK(world.turn());
    CHECK(world.agent.parts->desk.open().size() == 1);
    CHECK(world.controller.calls["/v1/inventory"] == 2);
}
