#include "agent/host_commands/discovery_text.h"

#include "agent/host_commands/quantum_level.h"
#include "shared/base/encoding.h"
#include "shared/protocol/agent_messages.h"
#include "shared/protocol/scan_report.h"

#include <map>
#include <set>

namespace perennial::agent {

namespace {

constexpr std::size_t skippedShown = 20;
constexpr std::size_t foundShown = 40;

std::string listenersOf(const model::Slot& slot)
{
    std::set<std::string> ports;
    for (const auto& listener : slot.listeners) {
        const bool v6 = listener.host.find(':') != std::string::npos;
        ports.insert(
            (v6 ? "[" + listener.host + "]" : listener.host) + ":" + std::to_string(listener.port));
    }
    std::string text;
    for (const auto& port : ports)
        text += (text.empty() ? "" : " ") + port;
    return text;
}

Cell daysLeft(TimePoint end, TimePoint now)
{
    const auto days = std::chrono::floor<std::chrono::days>(end - now).count();
    const auto style = days < 7 ? Style::Bad : days < 30 ? Style::Warning : Style::Good;
    return {end <= now ? "expired" : std::to_string(days), style};
}

std::string counted(std::size_t count, const std::string& noun)
{
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string summary(const model::InventoryReport& report, TimePoint now)
{
    std::size_t expired = 0;
    std::size_t soon = 0;
    std::size_t served = 0;
    std::size_t vulnerable = 0;
    for (const auto& slot : report.slots) {
        const auto end = slot.certificate.notAfter;
        if (end <= now)
            ++expired;
        else if (end - now < std::chrono::days(30))
            ++soon;
        if (!slot.listeners.empty()) ++served;
        if (quantumWord(slot.certificate) == "vulnerable") ++vulnerable;
    }
    return counted(report.slots.size(), "certificate") + " with a key: " + std::to_string(served) +
           " served here, " + std::to_string(expired) + " expired, " + std::to_string(soon) +
           " within 30 days of their end, " + std::to_string(vulnerable) +
           " with algorithms that a quantum computer breaks\n";
}

// Authorities and trust anchors are hundreds on any host: of them only how many there are.
std::string foundText(const model::InventoryReport& report, TimePoint now, const Terminal& terminal)
{
    if (report.found.empty()) return {};
    Table table({">DAYS", "NAME", "WHY", "FILE"});
    std::map<std::string, std::size_t> kinds;
    std::size_t shown = 0;
    for (const auto& found : report.found) {
        ++kinds[found.kind];
        if (found.kind == "authority" || found.kind == "trust" || shown == foundShown) continue;
        ++shown;
        const auto& facts = found.certificate;
        table.add({facts ? daysLeft(facts->notAfter, now) : Cell{"", Style::Plain},
            facts ? toPrintable(facts->displayName) : std::string(), toPrintable(found.reason),
            toPrintable(found.place.certificatePath)});
    }
    auto text = table.empty() ? std::string() : table.toText(terminal) + "\n";
    std::string parts;
    for (const auto& [kind, count] : kinds)
        parts += (parts.empty() ? "" : ", ") + std::to_string(count) + " " + toPrintable(kind);
    return text + counted(report.found.size(), "certificate") +
           " that nothing here renews (--json has all): " + parts + "\n";
}

} // namespace

std::string discoveryText(
    const model::InventoryReport& report, TimePoint now, const Terminal& terminal)
{
    Table table({">DAYS", "NAME", "KEY", "SERVICE", "SERVED AT", "FILE"});
    std::string odd;
    for (const auto& slot : report.slots) {
        const auto file = toPrintable(slot.place.certificatePath);
        table.add({daysLeft(slot.certificate.notAfter, now),
            toPrintable(slot.certificate.displayName), toPrintable(slot.certificate.keyType),
            toPrintable(slot.service), listenersOf(slot), file});
        for (const auto& warning : slot.warnings)
            odd += file + ": " + toPrintable(warning) + "\n";
    }
    auto text = table.empty() ? std::string() : table.toText(terminal) + "\n";
    if (!odd.empty()) text += odd + "\n";
    for (std::size_t at = 0; at < report.skipped.size() && at < skippedShown; ++at)
        text += "passed over: " + toPrintable(report.skipped[at]) + "\n";
    if (report.skipped.size() > skippedShown)
        text += "passed over: " + std::to_string(report.skipped.size() - skippedShown) +
                " more (--json has them)\n";
    return text + summary(report, now) + foundText(report, now, terminal);
}

Json discoveryJson(const model::InventoryReport& report)
{
    auto json = protocol::toJson(report);
    auto& slots = *json["slots"].array();
    for (std::size_t i = 0; i < slots.size(); ++i)
        slots[i]["quantum"] = std::string(quantumWord(report.slots[i].certificate));
    json["found"] = Json::Array();
    for (const auto& found : report.found) {
        auto one = protocol::toJson(found);
        if (found.certificate) one["quantum"] = std::string(quantumWord(*found.certificate));
        json["found"].push(std::move(one));
    }
    return json;
}

} // namespace perennial::agent
