#include "controller/inventory/renewal_judgement.h"

#include "controller/audit/audit_outbox.h"
#include "controller/inventory/inventory_changes.h"
#include "controller/storage/authority_store.h"
#include "controller/storage/order_store.h"
#include "controller/storage/slot_index.h"

#include <algorithm>
#include <set>

namespace perennial::controller {

namespace {

constexpr std::size_t agentsTold = 20;

enum class Verdict { Explained, NotYet, NotOurs, Unexplained };

struct Case {
    const authority::Renewal& renewal;
    std::vector<slots::Holder> holders; // of the old certificate, the first one first
    std::vector<OrderRecord> orders;    // that replace it
};

struct Judgement {
    Verdict verdict = Verdict::NotYet;
    const OrderRecord* explainedBy = nullptr;
};

// What an agent says of its own renewals is believed of certificates that were its slot's, and no
// other host's before: who copies key and certificate to a host of his own does not come first.
bool mayReplace(const OrderRecord& record, const std::vector<slots::Holder>& holders)
{
    const auto own = std::find_if(holders.begin(), holders.end(), [&](const slots::Holder& holder) {
        return holder.agent == record.order.agent.text() && holder.slot == record.order.slot.text();
    });
    if (own == holders.end()) return false;
    if (record.order.origin == model::Origin::Controller) return true;
    return own->host == holders.front().host;
}

enum class Match { Yes, No, NotTold };

// One order makes one key; its request may have been sent twice, and answered with two numbers.
Match match(const OrderRecord& record, const authority::Renewal& renewal)
{
    if (!record.newKey.empty() && !renewal.publicKey.empty())
        return record.newKey == renewal.publicKey ? Match::Yes : Match::No;
    if (record.newSerial.empty()) return record.open ? Match::NotTold : Match::No;
    return record.newSerial == renewal.serial ? Match::Yes : Match::No;
}

Judgement judge(const Case& facts, bool oldIsRecent, bool graceIsOver)
{
    bool open = false;
    for (const auto& record : facts.orders) {
        if (!mayReplace(record, facts.holders)) continue;
        const auto matched = match(record, facts.renewal);
        if (matched == Match::Yes) return {Verdict::Explained, &record};
        open = open || matched == Match::NotTold;
    }
    if (open) return {Verdict::NotYet};
    if (!facts.holders.empty()) return {graceIsOver ? Verdict::Unexplained : Verdict::NotYet};
    // Whoever has a certificate that is older than the grace has told of it.
    return {graceIsOver || !oldIsRecent ? Verdict::NotOurs : Verdict::NotYet};
}

Result<Case> factsOf(sql::Session& session, const authority::Renewal& renewal)
{
    auto holders = slots::everWithSerial(session, renewal.renews);
    if (!holders) return holders.error();
    auto replacing = orders::replacing(session, renewal.renews);
    if (!replacing) return replacing.error();
    return Case{renewal, *std::move(holders), *std::move(replacing)};
}

// Where to look: who has the new certificate, or says that it asked for it.
Result<Json::Array> suspects(sql::Session& session, const Case& facts)
{
    const auto placed = slots::withSerial(session, facts.renewal.serial);
    if (!placed) return placed.error();
    std::set<std::string> agents;
    for (const auto& record : *placed)
        agents.insert(record.agent.text());
    for (const auto& record : facts.orders) {
        if (record.newSerial == facts.renewal.serial) agents.insert(record.order.agent.text());
    }
    Json::Array array;
    for (const auto& agent : agents) {
        if (array.size() < agentsTold) array.emplace_back(agent);
    }
    return array;
}

Status tellUnexplained(sql::Session& session, const Case& facts, PreciseTime now)
{
    const auto& renewal = facts.renewal;
    const auto& holder = facts.holders.front();
    const auto agent = agents::find(session, model::AgentId(holder.agent));
    if (!agent) return agent.error();
    const auto slot =
        slots::find(session, model::AgentId(holder.agent), model::SlotId(holder.slot));
    if (!slot) return slot.error();
    model::Slot before; // an order has replaced it since, or the slot is gone
    before.id = model::SlotId(holder.slot);
    const bool still = *slot && (*slot)->slot.certificate.serial == renewal.renews;
    auto event = slotEvent((*agent).value_or(AgentRecord{}), still ? (*slot)->slot : before,
        "certificate.unexplained", now);
    if (!still) event.certificate = {{"serial", renewal.renews}};
    auto seen = suspects(session, facts);
    if (!seen) return seen.error();
    event.outcome = model::Outcome::Failure;
    event.reason = "it was renewed at the authority, and no order of this slot was for it: look "
                   "who has its key, and revoke the new one";
    event.details = {{"new_serial", renewal.serial}, {"requester", renewal.requester},
        {"requester_address", renewal.address}, {"seen_at", *std::move(seen)}};
    return AuditOutbox::add(session, event);
}

Result<Verdict> settle(
    sql::Session& session, const authority::Renewal& renewal, TimePoint heardUntil, PreciseTime now)
{
    const auto facts = factsOf(session, renewal);
    if (!facts) return facts.error();
    const auto recent = authority::isRecent(session, renewal.renews);
    if (!recent) return recent.error();
    const auto judged = judge(*facts, *recent, renewal.heardAt <= heardUntil);
    if (judged.verdict == Verdict::NotYet) return judged.verdict;
    if (judged.verdict == Verdict::Explained) {
        // An agent that was alone for long renews what no report of it ever showed.
        const auto& order = judged.explainedBy->order;
        if (auto added =
                slots::addToHistory(session, order.agent.text(), order.slot.text(), renewal.serial);
            !added)
            return added.error();
    }
    if (judged.verdict == Verdict::Unexplained) {
        if (auto told = tellUnexplained(session, *facts, now); !told) return told.error();
        // What is made of the new one is told too.
        const auto& holder = facts->holders.front();
        if (auto added = slots::addToHistory(session, holder.agent, holder.slot, renewal.serial);
            !added)
            return added.error();
    }
    const auto ended = judged.verdict == Verdict::NotOurs
                           ? authority::removeRenewal(session, renewal.serial)
                           : authority::settleRenewal(session, renewal.serial);
    if (!ended) return ended.error();
    return judged.verdict;
}

} // namespace

Result<int> judgeRenewals(sql::Database& database, Duration grace, PreciseTime now)
{
    int told = 0;
    const auto heardUntil = std::chrono::floor<Duration>(now) - grace;
    const auto done = database.transaction([&](sql::Session& session) -> Status {
        told = 0;
        const auto renewals = authority::renewals(session);
        if (!renewals) return renewals.error();
        for (const auto& renewal : *renewals) {
            const auto verdict = settle(session, renewal, heardUntil, now);
            if (!verdict) return verdict.error();
            if (*verdict == Verdict::Unexplained) ++told;
        }
        return authority::removeFirstOnes(session, heardUntil);
    });
    if (!done) return done.error();
    return told;
}

} // namespace perennial::controller
