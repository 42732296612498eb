#include "agent/host_answers.h"

#include "agent/expiry.h"
#include "agent/place_examination.h"
#include "agent/renewal/renewal_events.h"
#include "shared/base/encoding.h"
#include "shared/policy/wanted_places.h"
#include "shared/protocol/agent_messages.h"
#include "shared/protocol/policy_messages.h"
#include "shared/rules/renewal_rules.h"

#include <algorithm>

namespace perennial::agent {

namespace {

std::string textIn(const Json& json, const std::string& member)
{
    const auto* found = json.find(member);
    return found == nullptr || found->string() == nullptr ? "" : *found->string();
}

// The last of the slot that ended.
std::optional<Renewal> lastOf(const std::vector<Renewal>& renewals, const model::SlotId& slot)
{
    std::optional<Renewal> last;
    for (const auto& renewal : renewals) {
        if (renewal.order.slot != slot || !isFinal(renewal.stage)) continue;
        if (!last || renewal.acceptedAt > last->acceptedAt) last = renewal;
    }
    return last;
}

} // namespace

Json HostAnswers::answer(const Json& command)
{
    const auto name = textIn(command, "command");
    Result<Json> answer = Error{ErrorKind::InvalidInput, "unknown command"};
    if (name == "status") answer = status();
    if (name == "slots") answer = slots();
    if (name == "superseded") answer = superseded(command);
    if (name == "explain") answer = explainSlot(command);
    if (name == "renew") answer = renew(command);
    if (name == "pause") answer = pause(command);
    if (name == "resume") answer = resume(command);
    if (name == "doctor") answer = doctor(command);
    if (name == "places") answer = examinePlaces();
    if (name == "scan") {
        parts_.scan();
        answer = Json(Json::Object{{"scan", "asked"}});
    }
    if (answer) return *std::move(answer);
    return Json(Json::Object{{"error", answer.error().message}});
}

Result<Json> HostAnswers::status() const
{
    const auto state = parts_.desired.current();
    const auto* talk = parts_.conversation;
    Json json;
    json["agent_id"] = parts_.identity ? parts_.identity->agent.text() : "";
    json["host"] = parts_.identity ? parts_.identity->hostName : localHostName();
    json["controller"] = parts_.config.controllerUrl;
    json["last_answer"] = talk ? toRfc3339(talk->lastAnswer()) : "";
    json["identity_not_after"] = talk ? toRfc3339(talk->identityEnds()) : "";
    json["policy_commit"] = state->commit;
    json["policy_version"] = state->version;
    json["policy_signatures"] = signatures(*state);
    const auto inventory = parts_.slots.inventory();
    json["slots"] = inventory->slots.size();
    json["scanned_at"] = toRfc3339(inventory->scannedAt);
    json["watched_folders"] = parts_.changes.watched();
    json["unwatched_folders"] = parts_.changes.unwatched();
    auto slots = inventory->slots;
    for (auto& slot : emptySlots(*state, *inventory))
        slots.push_back(std::move(slot));
    json["paused"] = std::count_if(slots.begin(), slots.end(),
        [&](const model::Slot& slot) { return !pausedUntil(slot).empty(); });
    addUnrenewable(json, *state, slots);
    json["unmanaged"] = unmanaged(*state, *inventory);
    json["pending_events"] = parts_.events.pending();
    json["renewals"] = Json(Json::Array{});
    for (const auto& renewal : parts_.desk.open()) {
        Json item;
        item["order_id"] = renewal.order.id.text();
        item["slot_id"] = renewal.order.slot.text();
        item["stage"] = nameOf(renewal.stage);
        item["problem"] = problemOf(renewal);
        item["next_try"] = toRfc3339(renewal.nextTry);
        json["renewals"].push(std::move(item));
    }
    return json;
}

// Empty where no pause holds the slot.
std::string HostAnswers::pausedUntil(const model::Slot& slot) const
{
    const auto pause = parts_.pauses.holding(slot.id, slot.certificate, parts_.clock.now());
    return pause ? toRfc3339(endOf(*pause, slot.certificate)) : "";
}

// Of the slots that a policy rules and no key renews: how each gets its next certificate.
void HostAnswers::addUnrenewable(
    Json& json, const DesiredState& state, const std::vector<model::Slot>& slots) const
{
    for (const auto* word : {"expired", "empty", "names"})
        json[word] = Json(Json::Array{});
    const auto credentials = parts_.config.credentialFacts();
    for (const auto& slot : slots) {
        const auto expiry =
            expiryOf(slot, state, parts_.slots.fortuneOf(slot.id), credentials, parts_.clock.now());
        if (!expiry) continue;
        Json item;
        item["slot_id"] = slot.id.text();
        item["certificate_path"] = slot.place.certificatePath;
        item["recovery"] = nameOf(expiry->next.way);
        item["paused_until"] = pausedUntil(slot);
        item["say"] = expiry->say;
        json[expiry->word].push(std::move(item));
    }
}

// Of the slots that a policy ruled before: what became of them.
Json HostAnswers::unmanaged(
    const DesiredState& state, const model::InventoryReport& inventory) const
{
    Json items(Json::Array{});
    for (const auto& slot : inventory.slots) {
        const auto rule = parts_.slots.ruleOf(slot.id);
        if (!rule.isLeftAlone() || state.policyFor(slot) != nullptr) continue;
        Json item;
        item["slot_id"] = slot.id.text();
        item["certificate_path"] = slot.place.certificatePath;
        item["former_policy"] = rule.policy;
        item["since"] = toRfc3339(rule.unruledSince);
        item["say"] = leftAloneText(slot, rule);
        items.push(std::move(item));
    }
    return items;
}

Json HostAnswers::signatures(const DesiredState& state) const
{
    Json json;
    json["demanded"] = parts_.desired.demandsSignatures();
    json["threshold"] = parts_.desired.signersNeeded();
    json["repository"] = state.signedAs.repository;
    json["version"] = state.signedAs.version;
    json["until"] = state.signedAs.version == 0 ? "" : toRfc3339(state.expires);
    return json;
}

Result<Json> HostAnswers::slots() const
{
    const auto state = parts_.desired.current();
    Json json;
    json["items"] = Json(Json::Array{});
    for (const auto& slot : parts_.slots.inventory()->slots) {
        auto item = protocol::toJson(slot);
        if (item.object() != nullptr) item.object()->erase("certificate_pem");
        const auto* policy = state->policyFor(slot);
        item["policy"] = policy == nullptr ? "" : policy->name;
        const auto rule = parts_.slots.ruleOf(slot.id);
        item["former_policy"] = policy == nullptr && rule.isLeftAlone() ? rule.policy : "";
        item["renewal_at"] =
            policy == nullptr ? "" : toRfc3339(rules::renewalTime(slot.certificate, *policy));
        item["paused_until"] = pausedUntil(slot);
        item["matching"] = Json(Json::Array{});
        for (const auto& line : policy::explainMatch(state->set, state->host, slot))
            item["matching"].push(line);
        json["items"].push(std::move(item));
    }
    for (const auto& slot : emptySlots(*state, *parts_.slots.inventory())) {
        const auto* policy = state->policyFor(slot);
        Json item;
        item["slot_id"] = slot.id.text();
        item["certificate_path"] = slot.place.certificatePath;
        item["key_path"] = slot.place.keyPath;
        item["service"] = slot.service;
        item["policy"] = policy->name;
        item["empty"] = true;
        item["paused_until"] = pausedUntil(slot);
        item["names"] = Json(Json::Array{});
        for (const auto& name : policy::wantedNames(*policy, state->host))
            item["names"].push(name);
        json["items"].push(std::move(item));
    }
    return json;
}

// What certificates had their places before, of one slot or of all.
Result<Json> HostAnswers::superseded(const Json& command) const
{
    const auto all = parts_.superseded.all();
    if (!all) return all.error();
    const auto slot = textIn(command, "slot");
    Json json;
    json["items"] = Json(Json::Array{});
    for (const auto& one : *all) {
        if (!slot.empty() && one.slot.text() != slot) continue;
        Json item(describeCertificate(one.certificatePem));
        item["slot_id"] = one.slot.text();
        item["order_id"] = one.order.text();
        item["retired_at"] = toRfc3339(one.retiredAt);
        item["new_serial"] = one.newSerial;
        item["say"] = supersededText(one, parts_.clock.now());
        if (!slot.empty()) item["certificate_pem"] = one.certificatePem;
        json["items"].push(std::move(item));
    }
    return json;
}

Result<Json> HostAnswers::explainSlot(const Json& command) const
{
    const model::SlotId id(textIn(command, "slot"));
    const auto slot = parts_.desk.slotOf(id);
    if (!slot)
        return Error{ErrorKind::NotFound, "this host has no slot " + toPrintable(id.text(), 64) +
                                              "; `perennial-agent slots` lists them"};
    const auto renewals = parts_.journal.all();
    if (!renewals) return renewals.error();
    SlotFacts facts;
    facts.slot = *slot;
    facts.last = lastOf(*renewals, id);
    for (const auto& renewal : parts_.desk.open()) {
        if (renewal.order.slot == id && !isFinal(renewal.stage)) facts.underWay = renewal;
    }
    const auto now = parts_.clock.now();
    facts.pause = parts_.pauses.holding(id, slot->certificate, now);
    facts.fortune = parts_.slots.fortuneOf(id);
    facts.alone = parts_.howAlone();
    facts.credentials = parts_.config.credentialFacts();
    auto json = explain(facts, *parts_.desired.current(), now);
    const auto before = superseded(command);
    if (!before) return before.error();
    const auto& items = *before->find("items")->array();
    if (!items.empty()) json["superseded"] = *items.front().find("say"); // the last one
    return json;
}

Result<Json> HostAnswers::renew(const Json& command)
{
    if (parts_.howAlone() == RenewalDesk::Alone::Quarantine)
        return Error{ErrorKind::PermissionDenied,
            "this agent is quarantined: the controller hears two copies of it"};
    const auto order = parts_.desk.renewNow(model::SlotId(textIn(command, "slot")));
    if (!order) return order.error();
    parts_.work();
    return Json(Json::Object{{"order_id", order->text()}});
}

Result<Json> HostAnswers::pause(const Json& command)
{
    const model::SlotId id(textIn(command, "slot"));
    const auto time = durationFromText(textIn(command, "time"));
    if (!time) return time.error();
    if (auto paused = parts_.desk.pause(id, *time, textIn(command, "reason")); !paused)
        return paused.error();
    const auto slot = parts_.desk.slotOf(id);
    const auto until = slot ? pausedUntil(*slot) : "";
    if (until.empty()) return Error{ErrorKind::Conflict, "the slot is gone"};
    return Json(Json::Object{{"slot_id", id.text()}, {"until", until}});
}

Result<Json> HostAnswers::resume(const Json& command)
{
    const model::SlotId id(textIn(command, "slot"));
    if (auto resumed = parts_.desk.resume(id); !resumed) return resumed.error();
    parts_.work();
    return Json(Json::Object{{"slot_id", id.text()}});
}

// Of every place at which a policy wants a certificate, whether one is there by now or not.
Result<Json> HostAnswers::examinePlaces() const
{
    const auto state = parts_.desired.current();
    const auto credentials = parts_.config.credentialFacts();
    Json json;
    json["lines"] = Json(Json::Array{});
    for (const auto& wanted : policy::wantedSlots(state->set, state->host)) {
        const auto there = parts_.desk.slotOf(wanted.id);
        PlaceToExamine place{there ? *there : wanted, *state, {}, {}};
        const auto* policy = state->policyFor(place.slot);
        if (policy == nullptr) continue; // what is there now, another one rules
        place.next = nextOf(place.slot, *state, *policy, parts_.slots.fortuneOf(wanted.id),
            credentials, parts_.clock.now());
        for (const auto& renewal : parts_.desk.open()) {
            if (renewal.order.slot == wanted.id) place.order = renewal.order.id.text();
        }
        for (auto& line : examinePlace(place, parts_.preflight))
            json["lines"].push(std::move(line));
    }
    return json;
}

// The service, and files of a slot that is renewed there.
Result<Json> HostAnswers::doctor(const Json& command) const
{
    const auto state = parts_.desired.current();
    const auto* service = state->set.findService(textIn(command, "service"));
    if (service == nullptr) {
        std::string known;
        for (const auto& one : state->set.services)
            known += (known.empty() ? "" : ", ") + one.name;
        return Error{ErrorKind::NotFound,
            "the policies have no enrollment-service of that name; they have " +
                (known.empty() ? "none" : known)};
    }
    Json json;
    json["service"] = protocol::toJson(*service);
    for (const auto& slot : parts_.slots.inventory()->slots) {
        const auto* policy = state->policyFor(slot);
        if (policy == nullptr || policy->enrollmentService != service->name) continue;
        json["certificate_file"] = slot.place.certificatePath;
        json["key_file"] = slot.place.keyPath;
        break;
    }
    return json;
}

} // namespace perennial::agent
