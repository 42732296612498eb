#include "controller/api/operator_views.h"

#include "controller/scheduling/planner.h"

#include <algorithm>

namespace perennial::controller {

namespace {

constexpr Duration day = std::chrono::hours(24);

std::int64_t daysLeft(const model::Slot& slot, TimePoint now)
{
    return (slot.certificate.notAfter - now) / day;
}

std::string stateOf(const AgentRecord& agent, const OperatorParts& parts)
{
    if (agent.state == "revoked") return agent.state;
    if (agent.quarantined) return "quarantined";
    return parts.clock.now() - agent.lastSeen >= parts.silentAfter ? "silent" : "active";
}

const model::CertificatePolicy* policyOf(
    const OperatorParts& parts, const PolicySnapshot* snapshot, const SlotRecord& record)
{
    const auto agent = parts.directory.find(record.agent);
    if (snapshot == nullptr || !agent) return nullptr;
    return policy::findPolicyFor(
        snapshot->set, {agent->agent, agent->host, agent->labels}, record.slot);
}

Result<std::vector<SlotRecord>> allSlots(const OperatorParts& parts)
{
    std::vector<SlotRecord> found;
    const auto done = parts.database.read([&](sql::Session& session) -> Status {
        auto records = slots::all(session);
        if (!records) return records.error();
        found = *std::move(records);
        return {};
    });
    if (!done) return done.error();
    return found;
}

Json certificateItem(
    const OperatorParts& parts, const PolicySnapshot* snapshot, const SlotRecord& record)
{
    const auto& slot = record.slot;
    const auto agent = parts.directory.find(record.agent);
    const auto* policy = policyOf(parts, snapshot, record);
    const auto now = parts.clock.now();
    Json item;
    item["agent_id"] = record.agent.text();
    item["host"] = agent ? agent->host : "";
    item["slot_id"] = slot.id.text();
    item["name"] = toPrintable(slot.certificate.displayName, 255);
    item["serial"] = toPrintable(slot.certificate.serial, 100);
    item["fingerprint"] = slot.certificate.fingerprint.text();
    item["issuer"] = toPrintable(slot.certificate.issuer, 500);
    item["not_after"] = toRfc3339(slot.certificate.notAfter);
    item["days_left"] = daysLeft(slot, now);
    item["policy"] = policy == nullptr ? "" : policy->name;
    item["managed"] = policy != nullptr;
    item["former_policy"] = policy == nullptr ? record.formerPolicy : "";
    item["renewal_at"] =
        policy == nullptr ? Json() : Json(toRfc3339(plannedRenewal(slot, *policy, now)));
    item["service"] = toPrintable(slot.service, 100);
    item["certificate_path"] = toPrintable(slot.place.certificatePath);
    item["listeners"] = Json(Json::Array{});
    for (const auto& listener : slot.listeners)
        item["listeners"].push(
            listener.host + ":" + std::to_string(listener.port) +
            (listener.serverName.empty() ? "" : " " + toPrintable(listener.serverName, 255)) +
            (listener.startTls.empty() ? "" : " by " + listener.startTls));
    item["warnings"] = Json(Json::Array{});
    for (const auto& warning : slot.warnings)
        item["warnings"].push(toPrintable(warning));
    return item;
}

Json orderItem(const OperatorParts& parts, const OrderRecord& r)
{
    const auto agent = parts.directory.find(r.order.agent);
    Json item;
    item["order_id"] = r.order.id.text();
    item["agent_id"] = r.order.agent.text();
    item["host"] = agent ? agent->host : "";
    item["slot_id"] = r.order.slot.text();
    item["name"] = toPrintable(r.name, 255);
    item["origin"] = model::nameOf(r.order.origin);
    item["reason"] = r.order.reason;
    item["policy"] = r.order.policy;
    item["policy_commit"] = r.order.policyCommit;
    item["state"] = r.state;
    item["ordered_at"] = toRfc3339(r.order.orderedAt);
    item["updated_at"] = toRfc3339(r.updatedAt);
    item["old_serial"] = r.oldSerial;
    item["new_serial"] = r.newSerial;
    item["message"] = r.message;
    item["milliseconds"] = r.milliseconds;
    return item;
}

bool fits(const std::string& wanted, const Json& item, const char* member)
{
    if (wanted.empty()) return true;
    const auto* value = item.find(member);
    return value != nullptr && value->string() != nullptr && *value->string() == wanted;
}

} // namespace

Result<Json> agentsView(const OperatorParts& parts, const http::Call& call)
{
    const auto page = Page::of(call, "agents");
    if (!page) return page.error();
    std::map<std::string, std::int64_t> counts;
    if (const auto records = allSlots(parts)) {
        for (const auto& record : *records)
            ++counts[record.agent.text()];
    }
    PageOfItems items(*page);
    for (const auto& agent : parts.directory.all()) { // in order of their ids
        const PageKey key{0, agent.agent.text(), ""};
        if (page->after && key <= *page->after) continue;
        if (items.isFull()) break;
        Json item;
        item["agent_id"] = agent.agent.text();
        item["host"] = agent.host;
        item["labels"] = Json(Json::Object{});
        for (const auto& [name, value] : agent.labels)
            item["labels"][name] = value;
        item["state"] = stateOf(agent, parts);
        item["joined_at"] = toRfc3339(agent.joinedAt);
        item["last_seen"] = toRfc3339(agent.lastSeen);
        item["identity_not_after"] = toRfc3339(agent.identityNotAfter);
        item["policy_commit"] = agent.policyCommit;
        item["slots"] = counts[agent.agent.text()];
        items.add(key, std::move(item));
    }
    return items.take();
}

Result<Json> certificatesView(const OperatorParts& parts, const http::Call& call)
{
    const auto page = Page::of(call, "certificates");
    if (!page) return page.error();
    slots::Range range;
    range.agent = queryText(call, "agent");
    range.limit =
        static_cast<std::int64_t>(std::max<std::size_t>(page->limit + 1, 500)); // filters follow
    if (page->after) range.after = {page->after->number, page->after->first, page->after->second};
    if (const auto within = queryText(call, "expiring_within"); !within.empty()) {
        const auto duration = durationFromText(within);
        if (!duration) return duration.error().in("expiring_within");
        range.until = parts.clock.now() + *duration;
    }
    const auto snapshot = parts.policies.current();
    PageOfItems items(*page);
    const auto done = parts.database.read([&](sql::Session& session) -> Status {
        while (!items.isFull()) {
            const auto records = slots::inRange(session, range);
            if (!records) return records.error();
            for (const auto& record : *records) {
                range.after = slots::positionOf(record);
                auto item = certificateItem(parts, snapshot.get(), record);
                if (fits(queryText(call, "policy"), item, "policy") &&
                    fits(queryText(call, "name"), item, "name"))
                    items.add({range.after.notAfter, range.after.agent, range.after.slot},
                        std::move(item));
            }
            if (static_cast<std::int64_t>(records->size()) < range.limit) break;
        }
        return {};
    });
    if (!done) return done.error();
    return items.take();
}

Result<Json> renewalsView(const OperatorParts& parts, const http::Call& call)
{
    const auto page = Page::of(call, "renewals");
    if (!page) return page.error();
    orders::Filter filter{
        queryText(call, "agent"), queryText(call, "slot"), queryText(call, "state"), {}};
    if (page->after)
        filter.before = {{TimePoint(Duration(page->after->number)), page->after->first}};
    PageOfItems items(*page);
    const auto done = parts.database.read([&](sql::Session& session) -> Status {
        const auto records =
            orders::newest(session, filter, static_cast<std::int64_t>(page->limit) + 1);
        if (!records) return records.error();
        for (const auto& record : *records)
            items.add(
                {record.order.orderedAt.time_since_epoch().count(), record.order.id.text(), ""},
                orderItem(parts, record));
        return {};
    });
    if (!done) return done.error();
    return items.take();
}

Result<Json> renewalView(const OperatorParts& parts, const model::OrderId& order)
{
    Json item;
    TimePoint ordered;
    const auto done = parts.database.read([&](sql::Session& session) -> Status {
        const auto record = orders::find(session, order);
        if (!record) return record.error();
        if (!*record) return Error{ErrorKind::NotFound, "there is no such order"};
        item = orderItem(parts, **record);
        ordered = (*record)->order.orderedAt;
        return {};
    });
    if (!done) return done.error();
    item["events"] = Json(Json::Array{});
    auto from = parts.log.firstRecordedSince(ordered - std::chrono::minutes(1));
    if (!from) return from.error();
    for (auto next = *from; next < parts.log.size();) {
        const auto events = parts.log.read(next, 1000);
        if (!events) return events.error();
        if (events->empty()) break;
        for (const auto& event : *events) {
            auto json = Json::parse(event.canonical);
            if (json && fits(order.text(), *json, "correlation_id"))
                item["events"].push(*std::move(json));
        }
        next = events->back().sequence + 1;
    }
    return item;
}

namespace {

Json signedView(const SignedDocuments& documents)
{
    Json body;
    body["repository"] = documents.mark.repository;
    body["version"] = documents.mark.version;
    body["expires"] = toRfc3339(documents.expires);
    body["signed_by"] = Json(Json::Array{});
    for (const auto& key : documents.signedBy)
        body["signed_by"].push(key);
    return body;
}

} // namespace

Json policiesView(const OperatorParts& parts)
{
    Json body(Json::Object{}); // what there is not is left out
    if (const auto snapshot = parts.policies.current()) {
        body["commit"] = snapshot->manifest.commit;
        body["version"] = snapshot->manifest.version;
        body["applied_at"] = toRfc3339(snapshot->appliedAt);
        body["expires"] = toRfc3339(snapshot->manifest.expires);
        body["documents"] = Json(Json::Array{});
        for (const auto& [path, hash] : snapshot->manifest.files) {
            Json document;
            document["path"] = toPrintable(path, 500);
            document["sha256"] = hash;
            body["documents"].push(std::move(document));
        }
        if (snapshot->signedDocuments) body["signed"] = signedView(*snapshot->signedDocuments);
        std::map<std::string, std::int64_t> matches;
        if (const auto records = allSlots(parts)) {
            for (const auto& record : *records) {
                const auto* policy = policyOf(parts, snapshot.get(), record);
                if (policy != nullptr) ++matches[policy->name];
            }
        }
        body["policies"] = Json(Json::Array{});
        for (const auto& policy : snapshot->set.policies) {
            Json item;
            item["name"] = policy.name;
            item["matches"] = matches[policy.name];
            body["policies"].push(std::move(item));
        }
    }
    if (const auto refused = parts.policies.refused()) {
        body["rejected"]["commit"] = refused->commit;
        body["rejected"]["at"] = toRfc3339(refused->at);
        body["rejected"]["problem"] = toPrintable(refused->problem, 8192);
    }
    return body;
}

Result<Json> tokensView(const OperatorParts& parts)
{
    Json body;
    body["items"] = Json(Json::Array{});
    const auto done = parts.database.read([&](sql::Session& session) -> Status {
        const auto tokens = access::tokens(session);
        if (!tokens) return tokens.error();
        for (const auto& token : *tokens) {
            Json item;
            item["id"] = token.id;
            item["host"] = token.host;
            item["labels"] = Json(Json::Object{});
            for (const auto& [key, value] : token.labels)
                item["labels"][key] = value;
            item["created_by"] = token.createdBy;
            item["expires"] = toRfc3339(token.expires);
            item["used_at"] = token.usedAt == TimePoint() ? Json() : Json(toRfc3339(token.usedAt));
            item["used_by"] = token.usedBy;
            item["revoked"] = token.revoked;
            body["items"].push(std::move(item));
        }
        return {};
    });
    if (!done) return done.error();
    return body;
}

} // namespace perennial::controller
