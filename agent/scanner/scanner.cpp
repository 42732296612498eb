#include "agent/scanner/scanner.h"

#include "agent/scanner/place_merging.h"
#include "agent/scanner/slot_reading.h"
#include "agent/scanner/source_memory.h"
#include "shared/base/encoding.h"
#include "shared/protocol/agent_messages.h"

#include <algorithm>
#include <set>

namespace perennial::scanner {

namespace {

constexpr std::size_t reasonLimit = 1000;

// Whoever reads the report refuses all of it for one text that looks like a key, and a certificate
// can be named anything.
std::size_t reportedSize(const model::Slot& slot)
{
    const auto json = protocol::toJson(slot);
    return protocol::carriesPrivateKey(json) ? 0 : json.canonical().size();
}

std::vector<std::string> reasonsOf(const Discovery& found)
{
    std::vector<std::string> reasons;
    for (const auto& text : found.skipped) {
        auto reason = toPrintable(text, reasonLimit);
        if (protocol::carriesPrivateKey(Json(reason)))
            reason = "something whose name looks like a private key";
        reasons.push_back(std::move(reason));
    }
    if (found.skippedMore > 0) {
        if (reasons.size() >= Discovery::skippedLimit) reasons.pop_back();
        const auto more = found.skippedMore + (found.skipped.size() - reasons.size());
        reasons.push_back("and " + std::to_string(more) + " more");
    }
    return reasons;
}

// Of the self-signed certificates that were found, which a chain may end below.
std::set<std::string> rootsAmong(const std::vector<model::FoundCertificate>& found)
{
    std::set<std::string> roots;
    for (const auto& one : found) {
        if (one.certificate && one.certificate->selfSigned) roots.insert(one.certificate->subject);
    }
    return roots;
}

} // namespace

std::vector<model::Slot> Scanner::readSlots(Discovery& found) const
{
    const auto now = clock_.now();
    const auto end = clock_.monotonic() + limits_.reading;
    const auto roots = rootsAmong(found.found);
    std::vector<model::Slot> slots;
    std::size_t left = 0;
    for (const auto& place : found.places) {
        if (slots.size() >= limits_.slots || clock_.monotonic() >= end) {
            ++left;
            continue;
        }
        auto slot = readSlot(files_, place, roots, now);
        if (!slot)
            found.skip(slot.error().message);
        else
            slots.push_back(*std::move(slot));
    }
    if (left > 0) found.skip(std::to_string(left) + " places: the scan's limits were reached");
    return slots;
}

Result<model::InventoryReport> Scanner::scan(std::vector<NamedSource>& sources) const
{
    model::InventoryReport report;
    report.scannedAt = clock_.now();
    std::vector<Discovery> discoveries;
    Discovery failures;
    for (auto& source : sources) {
        giveMemory(files_, source);
        auto discovery = source.source->discover();
        keepMemory(files_, source);
        if (discovery)
            discoveries.push_back(*std::move(discovery));
        else
            failures.skip(source.name + ": " + discovery.error().message);
    }
    if (discoveries.empty())
        return Error{ErrorKind::Unavailable,
            failures.skipped.empty() ? "there is no source" : failures.skipped.front()};
    discoveries.push_back(std::move(failures));

    auto found = mergeDiscoveries(std::move(discoveries));
    auto slots = readSlots(found);
    attachListeners(slots, found.listeners, found);
    lookAtListeners(slots, look_, clock_, limits_.looking);
    settleListeners(slots);
    std::size_t total = 0;
    for (auto& slot : slots) {
        const auto size = reportedSize(slot);
        if (size == 0)
            found.skip(slot.place.certificatePath + ": its text looks like a private key");
        else if (total + size > limits_.reportBytes)
            found.skip(slot.place.certificatePath + ": the report is full");
        else {
            total += size;
            report.slots.push_back(std::move(slot));
        }
    }
    std::sort(report.slots.begin(), report.slots.end(),
        [](const auto& a, const auto& b) { return a.id < b.id; });
    report.found = std::move(found.found);
    report.configuration = std::move(found.configuration);
    report.skipped = reasonsOf(found);
    return report;
}

} // namespace perennial::scanner
