#pragma once

#include "shared/model/order.h"
#include "shared/sql/database.h"

#include <optional>
#include <vector>

namespace perennial::controller {

// An order and how it went. States: "ordered", "accepted", "submitted", "pending", "installing",
// "completed", "rolled_back", "abandoned", "already_done". An order is open until one of the last
// four.
struct OrderRecord {
    model::Order order;
    std::string name; // of the certificate, for people
    std::string state = "ordered";
    bool open = true;
    TimePoint updatedAt;
    std::string oldSerial;
    std::string newSerial;
    std::string newKey; // SHA-256 of the public key asked for, hex; empty: not told
    std::string message;
    std::int64_t milliseconds = 0;
};

// Every call works inside the caller's transaction.
namespace orders {

// Conflict when the slot has an open order: the database itself holds that rule.
Status insert(sql::Session& session, const OrderRecord& record);
Status update(sql::Session& session, const OrderRecord& record);
Result<std::optional<OrderRecord>> find(sql::Session& session, const model::OrderId& order);
Result<std::vector<OrderRecord>> openOnes(sql::Session& session);
Result<std::vector<OrderRecord>> openOf(sql::Session& session, const model::AgentId& agent);
// Nobody answers them any more: abandoned, with this message.
Status abandonOpenOf(
    sql::Session& session, const model::AgentId& agent, const std::string& message, TimePoint now);
struct Filter { // empty: any
    std::string agent{};
    std::string slot{};
    std::string state{};
    std::optional<std::pair<TimePoint, std::string>> before{}; // after this one in the order below
};
// By the time of the order and its id, both backwards.
Result<std::vector<OrderRecord>> newest(
    sql::Session& session, const Filter& filter, std::int64_t limit);
// Those that replace a certificate with this serial number, the first one first.
Result<std::vector<OrderRecord>> replacing(sql::Session& session, const std::string& oldSerial);
// The last one of the slot that is not open any more.
Result<std::optional<OrderRecord>> lastOf(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot);
// How many of the slot ended one after another without success, counted back from the newest.
Result<int> failuresInARow(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot);
Result<std::int64_t> completedOf(
    sql::Session& session, const model::AgentId& agent, const model::SlotId& slot);
Result<std::int64_t> countEnded(sql::Session& session, bool completed, TimePoint since);

} // namespace orders

} // namespace perennial::controller
