#include "shared/protocol/agent_messages.h"
#include "shared/protocol/member_reading.h"

namespace perennial::protocol {

namespace {

constexpr std::size_t ordersLimit = 1000;
constexpr std::int64_t longestWait = 86400;

} // namespace

Json toJson(const Checkin& checkin)
{
    Json json;
    putVersion(json);
    json["epoch"] = checkin.epoch;
    json["instance"] = checkin.instance;
    json["policy_version"] = checkin.policyVersion;
    json["policy_commit"] = checkin.policyCommit;
    json["inventory_digest"] = checkin.inventoryDigest;
    json["pending_events"] = checkin.pendingEvents;
    return json;
}

Result<Checkin> checkinFromJson(const Json& json)
{
    JsonReader in(json, "check-in");
    readVersion(in);
    Checkin checkin;
    checkin.epoch = readIdentifier(in, "epoch");
    checkin.instance = readIdentifier(in, "instance");
    checkin.policyVersion = readCount(in, "policy_version");
    checkin.policyCommit = readHexOrEmpty(in, "policy_commit", 40);
    checkin.inventoryDigest = readHexOrEmpty(in, "inventory_digest", 64);
    checkin.pendingEvents = readCount(in, "pending_events");
    if (auto status = in.finish(); !status) return status.error();
    return checkin;
}

Json toJson(const CheckinAnswer& answer)
{
    Json json;
    putVersion(json);
    json["next_checkin_seconds"] = static_cast<std::int64_t>(answer.nextCheckin.count());
    json["policy_version"] = answer.policyVersion;
    json["policy_commit"] = answer.policyCommit;
    json["want_inventory"] = answer.wantInventory;
    Json::Array orders;
    for (const auto& order : answer.orders)
        orders.push_back(toJson(order));
    json["orders"] = std::move(orders);
    json["controller_time"] = toRfc3339(answer.controllerTime);
    json["quarantined"] = answer.quarantined;
    return json;
}

Result<CheckinAnswer> checkinAnswerFromJson(const Json& json)
{
    JsonReader in(json, "check-in answer");
    readVersion(in);
    CheckinAnswer answer;
    const auto wait = in.integer("next_checkin_seconds");
    if (wait < 1 || wait > longestWait) in.fail("next_checkin_seconds", "must be 1 to 86400");
    answer.nextCheckin = Duration(wait);
    answer.policyVersion = readCount(in, "policy_version");
    answer.policyCommit = readHexOrEmpty(in, "policy_commit", 40);
    answer.wantInventory = in.boolean("want_inventory");
    const auto& orders = in.array("orders", ordersLimit);
    answer.controllerTime = readTime(in, "controller_time");
    answer.quarantined = in.boolean("quarantined");
    if (auto status = in.finish(); !status) return status.error();
    for (const auto& element : orders) {
        auto order = orderFromJson(element);
        if (!order) return order.error().in("check-in answer");
        answer.orders.push_back(*std::move(order));
    }
    return answer;
}

Json toJson(const model::Order& order)
{
    Json json;
    json["order_id"] = order.id.text();
    json["agent_id"] = order.agent.text();
    json["slot_id"] = order.slot.text();
    json["generation"] = order.generation;
    json["replaces"] = order.replaces.text();
    json["policy"] = order.policy;
    json["policy_commit"] = order.policyCommit;
    json["reason"] = order.reason;
    json["origin"] = model::nameOf(order.origin);
    json["ordered_at"] = toRfc3339(order.orderedAt);
    return json;
}

Result<model::Order> orderFromJson(const Json& json)
{
    JsonReader in(json, "order");
    model::Order order;
    order.id = model::OrderId(readIdentifier(in, "order_id"));
    order.agent = model::AgentId(readOptionalIdentifier(in, "agent_id"));
    order.slot = model::SlotId(readIdentifier(in, "slot_id"));
    order.generation = readCount(in, "generation");
    order.replaces = model::Fingerprint(readHexOrEmpty(in, "replaces", 64));
    order.policy = readIdentifier(in, "policy");
    order.policyCommit = readHexOrEmpty(in, "policy_commit", 40);
    order.reason = in.string("reason", 1024);
    const auto origin = model::originOf(in.string("origin", 64));
    if (!origin) in.fail("origin", "is none of controller, agent-alone, host-admin, emergency");
    order.orderedAt = readTime(in, "ordered_at");
    if (auto status = in.finish(); !status) return status.error();
    order.origin = *origin;
    return order;
}

} // namespace perennial::protocol
