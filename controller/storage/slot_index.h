#pragma once

#include "controller/storage/slot_store.h"

#include <string>
#include <vector>

namespace perennial::controller::slots {

// What is looked for across agents: names, and issuer with serial number. Certificates that are
// their own issuer are in neither: a thousand hosts call theirs localhost.
Status index(sql::Session& session, const SlotRecord& record);
// What the slot had before stays known: its key may be used long after.
Status unindex(sql::Session& session, const model::AgentId& agent, const model::SlotId& slot);

struct NamedElsewhere {
    std::string agent;
    std::string name;
};
// By agent and name; at most `limit` of them.
Result<std::vector<NamedElsewhere>> ofOtherAgents(sql::Session& session,
    const model::AgentId& agent, const std::vector<std::string>& names, std::int64_t limit);
// Certificates of one issuer and serial number that are not this one: an authority has given the
// number twice (RFC 5280 4.1.2.2), as one that was restored from a backup may.
Result<std::vector<SlotRecord>> withSerialOf(
    sql::Session& session, const model::CertificateFacts& certificate);
Result<std::vector<SlotRecord>> withSerial(sql::Session& session, const std::string& serial);

// The newest certificates of a slot and of an agent that are remembered; the oldest make room.
inline constexpr std::int64_t historyOfSlot = 100;
inline constexpr std::int64_t historyOfAgent = 100000;
// Who had a certificate with this serial number, now or before, the first one first.
struct Holder {
    std::string agent;
    std::string slot;
    std::string host; // as bound at the joining
};
Result<std::vector<Holder>> everWithSerial(sql::Session& session, const std::string& serial);
Status addToHistory(sql::Session& session, const std::string& agent, const std::string& slot,
    const std::string& serial);

} // namespace perennial::controller::slots
