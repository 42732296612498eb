#include "agent/scanner/scanner.h"

#include "agent/scanner/place_merging.h"
#include "agent/scanner/slot_reading.h"
#include "agent/scanner/source_memory.h"
#include "shared/base/accounts.h"
#include "shared/base/encoding.h"
#include "shared/base/file_traits.h"
#include "shared/base/owner_shares.h"
#include "shared/nss/nss_database.h"
#include "shared/protocol/agent_messages.h"

#include <algorithm>
#include <set>
#include <sys/stat.h>

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

// Who may read the key may show its certificate.
class KeyHolders {
public:
    explicit KeyHolders(const FileSystem& files) : files_(files) {}

    bool operator()(const model::Slot& slot, uid_t user) const
    {
        if (user == 0) return true;
        std::filesystem::path file = slot.place.keyPath;
        if (slot.place.store == "nss") file = file.parent_path() / nss::keysFile;
        if (!file.is_absolute()) return false; // in a token: whose, no attribute says
        const auto resolved = resolveLinks(file);
        const auto facts = resolved ? files_.inspect(*resolved) : resolved.error();
        if (!facts) return false;
        const bool groupReads = (facts->mode & S_IRGRP) != 0;
        return members_.mayRead(user, {facts->owner, facts->group, groupReads});
    }

private:
    const FileSystem& files_;
    GroupMembers members_;
};

} // namespace

Scanner::Read Scanner::readSlots(Discovery& found) const
{
    const auto now = clock_.now();
    const auto milliseconds = [](auto time) {
        return static_cast<std::uint64_t>(std::chrono::milliseconds(time).count());
    };
    const auto end = clock_.monotonic() + limits_.reading;
    const auto roots = rootsAmong(found.found);
    OwnerShares time(milliseconds(limits_.reading));
    OwnerShares room(limits_.slots);
    Read read;
    std::size_t left = 0;
    for (const auto& place : found.places) {
        const auto owner = place.foundOwner.value_or(0);
        const auto begins = clock_.monotonic();
        if (room.left(owner) == 0 || time.left(owner) == 0 || begins >= end) {
            ++left;
            continue;
        }
        auto slot = readSlot(files_, place, roots, now);
        time.spend(owner, milliseconds(clock_.monotonic() - begins));
        if (!slot) {
            found.skip(slot.error().message);
            continue;
        }
        room.spend(owner, 1);
        read.slots.push_back(*std::move(slot));
        read.owners.push_back(owner);
    }
    if (left > 0) found.skip(std::to_string(left) + " places: the scan's limits were reached");
    return read;
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
    auto [slots, owners] = readSlots(found);
    attachListeners(slots, found.listeners, KeyHolders(files_), found);
    lookAtListeners(slots, look_, clock_, limits_.looking);
    settleListeners(slots);
    OwnerShares room(limits_.reportBytes);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const auto size = reportedSize(slots[i]);
        if (size == 0)
            found.skip(slots[i].place.certificatePath + ": its text looks like a private key");
        else if (size > room.left(owners[i]))
            found.skip(slots[i].place.certificatePath + ": the report is full");
        else {
            room.spend(owners[i], size);
            report.slots.push_back(std::move(slots[i]));
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
