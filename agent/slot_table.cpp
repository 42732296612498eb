#include "agent/slot_table.h"

#include "shared/protocol/agent_messages.h"

#include <algorithm>
#include <set>

namespace perennial::agent {

namespace {

constexpr std::size_t inventoryLimit = 64U << 20U;

Result<SlotTable::Fortune> fortuneFromJson(const Json& json)
{
    JsonReader in(json, "slot");
    SlotTable::Fortune fortune;
    fortune.failures = static_cast<int>(in.integer("failures"));
    const auto last = timeFromRfc3339(in.string("last_failure"));
    if (!last) return last.error();
    fortune.lastFailure = *last;
    fortune.generation = in.integer("generation");
    const auto completion = timeFromRfc3339(in.string("last_completion"));
    if (!completion) return completion.error();
    fortune.lastCompletion = *completion;
    fortune.lastOrder = model::OrderId(in.string("last_order"));
    fortune.toldExpiry = in.optionalString("told_expiry").value_or("");
    fortune.rule.policy = in.optionalString("policy").value_or("");
    if (const auto since = in.optionalString("unruled_since")) {
        const auto time = timeFromRfc3339(*since);
        if (!time) return time.error();
        fortune.rule.unruledSince = *time;
    }
    if (json.find("names_tried") != nullptr) {
        JsonReader tried(in.value("names_tried"), "names_tried");
        auto& names = fortune.namesTried;
        names.names = tried.string("names");
        names.why = tried.string("why");
        const auto at = timeFromRfc3339(tried.string("at"));
        if (!at) return at.error();
        names.at = *at;
        names.times = static_cast<int>(tried.integer("times"));
        names.order = model::OrderId(tried.string("order"));
        if (auto status = tried.finish(); !status) return status.error();
    }
    if (auto status = in.finish(); !status) return status.error();
    return fortune;
}

} // namespace

Result<std::vector<std::string>> SlotTable::load()
{
    std::vector<std::string> damaged;
    Json::Limits limits;
    limits.bytes = inventoryLimit;
    limits.values = 2'000'000;
    // The inventory is only remembered: without it the first scan fills it.
    if (const auto text = files_.read(folder_ + "/inventory.json", inventoryLimit)) {
        const auto json = Json::parse(*text, limits);
        auto report = json ? protocol::inventoryReportFromJson(*json)
                           : Result<model::InventoryReport>(json.error());
        if (report) inventory_ = std::make_shared<const model::InventoryReport>(*std::move(report));
    }
    const auto file = folder_ + "/slots.json";
    const auto text = files_.read(file, inventoryLimit);
    if (!text && text.error().kind == ErrorKind::NotFound) return damaged;
    if (!text) return text.error();
    const auto json = Json::parse(*text, limits);
    if (!json || json->object() == nullptr) {
        damaged.push_back(file + " cannot be read");
    } else {
        for (const auto& [id, value] : *json->object()) {
            if (const auto fortune = fortuneFromJson(value))
                fortunes_[model::SlotId(id)] = *fortune;
            else
                damaged.push_back(
                    file + ": " + toPrintable(id, 200) + ": " + fortune.error().message);
        }
    }
    if (damaged.empty()) return damaged;
    if (auto moved = files_.rename(file, file + ".damaged"); !moved) return moved.error();
    damaged.back() += "; it is kept as " + file + ".damaged";
    if (auto saved = save(fortunes_); !saved) return saved.error();
    return damaged;
}

Status SlotTable::put(const model::InventoryReport& report)
{
    if (auto done =
            files_.replace(folder_ + "/inventory.json", protocol::toJson(report).canonical());
        !done)
        return done;
    const std::lock_guard lock(mutex_);
    inventory_ = std::make_shared<const model::InventoryReport>(report);
    return {};
}

std::shared_ptr<const model::InventoryReport> SlotTable::inventory() const
{
    const std::lock_guard lock(mutex_);
    return inventory_;
}

std::optional<model::Slot> SlotTable::find(const model::SlotId& slot) const
{
    const auto held = inventory();
    const auto found = std::find_if(held->slots.begin(), held->slots.end(),
        [&](const model::Slot& candidate) { return candidate.id == slot; });
    if (found == held->slots.end()) return std::nullopt;
    return *found;
}

SlotTable::Fortune SlotTable::fortuneOf(const model::SlotId& slot) const
{
    const std::lock_guard lock(mutex_);
    const auto found = fortunes_.find(slot);
    return found == fortunes_.end() ? Fortune{} : found->second;
}

Status SlotTable::completed(const model::SlotId& slot, const model::OrderId& order,
    const std::string& chainPem, TimePoint now)
{
    auto fortune = fortuneOf(slot);
    remember(slot, chainPem);
    if (fortune.lastOrder == order) return {};
    fortune.failures = 0;
    ++fortune.generation;
    fortune.lastCompletion = now;
    fortune.lastOrder = order;
    return saveFortune(slot, fortune);
}

Status SlotTable::failed(const model::SlotId& slot, const model::OrderId& order, TimePoint now)
{
    auto fortune = fortuneOf(slot);
    if (fortune.lastOrder == order) return {};
    ++fortune.failures;
    fortune.lastFailure = now;
    fortune.lastOrder = order;
    return saveFortune(slot, fortune);
}

Status SlotTable::toldOfExpiry(const model::SlotId& slot, const std::string& what)
{
    auto fortune = fortuneOf(slot);
    fortune.toldExpiry = what;
    return saveFortune(slot, fortune);
}

Status SlotTable::triedNames(const model::SlotId& slot, Fortune::NamesTried tried)
{
    auto fortune = fortuneOf(slot);
    const auto& last = fortune.namesTried;
    if (last.order == tried.order) return {};
    tried.times = last.names == tried.names ? last.times + 1 : 1;
    fortune.namesTried = std::move(tried);
    return saveFortune(slot, fortune);
}

SlotTable::Rule SlotTable::ruleOf(const model::SlotId& slot) const { return fortuneOf(slot).rule; }

// Of slots that are gone only what renewals left is worth keeping: places come and go for ever.
Status SlotTable::ruled(const std::map<model::SlotId, Rule>& rules)
{
    const auto held = inventory();
    std::set<model::SlotId> there;
    for (const auto& slot : held->slots)
        there.insert(slot.id);
    const std::lock_guard lock(mutex_);
    auto changed = fortunes_;
    for (const auto& [slot, rule] : rules)
        changed[slot].rule = rule;
    std::erase_if(changed, [&](const auto& entry) {
        return there.count(entry.first) == 0 && entry.second.lastOrder.text().empty() &&
               entry.second.toldExpiry.empty() && entry.second.namesTried.names.empty();
    });
    return save(std::move(changed));
}

void SlotTable::remember(const model::SlotId& slot, const std::string& chainPem)
{
    const auto leaf = x509::Certificate::fromPem(chainPem);
    if (!leaf) return;
    const std::lock_guard lock(mutex_);
    auto changed = *inventory_;
    for (auto& one : changed.slots) {
        if (one.id != slot) continue;
        one.certificate = model::factsOf(*leaf);
        one.certificatePem = chainPem;
    }
    inventory_ = std::make_shared<const model::InventoryReport>(std::move(changed));
}

// Known here only when the disk knows it.
Status SlotTable::saveFortune(const model::SlotId& slot, const Fortune& fortune)
{
    const std::lock_guard lock(mutex_);
    auto changed = fortunes_;
    changed[slot] = fortune;
    return save(std::move(changed));
}

Status SlotTable::save(std::map<model::SlotId, Fortune> changed)
{
    Json json(Json::Object{});
    for (const auto& [id, one] : changed) {
        auto& entry = json[id.text()];
        entry["failures"] = one.failures;
        entry["last_failure"] = toRfc3339(one.lastFailure);
        entry["generation"] = one.generation;
        entry["last_completion"] = toRfc3339(one.lastCompletion);
        entry["last_order"] = one.lastOrder.text();
        if (!one.toldExpiry.empty()) entry["told_expiry"] = one.toldExpiry;
        if (!one.rule.policy.empty()) entry["policy"] = one.rule.policy;
        if (one.rule.isLeftAlone()) entry["unruled_since"] = toRfc3339(one.rule.unruledSince);
        if (one.namesTried.names.empty()) continue;
        auto& tried = entry["names_tried"];
        tried["names"] = one.namesTried.names;
        tried["why"] = one.namesTried.why;
        tried["at"] = toRfc3339(one.namesTried.at);
        tried["times"] = one.namesTried.times;
        tried["order"] = one.namesTried.order.text();
    }
    if (auto saved = files_.replace(folder_ + "/slots.json", json.canonical()); !saved)
        return saved;
    fortunes_ = std::move(changed);
    return {};
}

} // namespace perennial::agent
