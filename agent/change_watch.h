#pragma once

#include "agent/change_patience.h"
#include "shared/base/clock.h"
#include "shared/base/folder_watch.h"
#include "shared/base/log.h"
#include "shared/model/slot.h"

#include <atomic>
#include <functional>
#include <optional>

namespace perennial::agent {

using IsRuled = std::function<bool(const model::Slot&)>; // by a policy

// Notices between two sweeps that something changed where certificates lie, as far as this user may
// read the folders: it sees that something changed there, never what. Where nothing can be watched,
// the sweep alone finds changes.
class ChangeWatch {
public:
    ChangeWatch(const Clock& clock, const Log& log, Duration sweep);

    bool wantsScan();
    void scanBegins();
    void scanFailed();
    // Watches where this report says that certificates are.
    void scanEnds(const model::InventoryReport& report, bool somethingNew, const IsRuled& isRuled);

    // For whoever asks how it stands; any thread.
    std::size_t watched() const { return watched_; }
    std::size_t unwatched() const { return unwatched_; } // of which the sweep alone hears

private:
    const Clock& clock_;
    std::optional<FolderWatch> watch_; // unset: the kernel gives none
    ChangePatience patience_;
    std::size_t found_ = 0; // certificates that are no slots, last time
    std::atomic<std::size_t> watched_ = 0;
    std::atomic<std::size_t> unwatched_ = 0;
};

// The folders whose changes can change what lies at the places of this report: of each file, of
// each link on the way to it, and where they lead. At most `limit`; first those of slots that a
// policy rules and a service uses, configurations, other ruled slots, other slots: whoever makes
// many pairs takes the watch from none of them.
struct FoldersToWatch {
    std::set<std::string> folders;
    std::size_t more = 0;
};
FoldersToWatch foldersToWatch(
    const model::InventoryReport& report, std::size_t limit, const IsRuled& isRuled);

} // namespace perennial::agent
