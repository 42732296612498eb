#pragma once

#include "shared/base/file_system.h"
#include "shared/model/slot.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace perennial::agent {

// The host admin's "not now" for one slot.
struct Pause {
    static constexpr Duration longest = std::chrono::days(30);
    TimePoint until;
    std::string reason; // printable; may be empty
};

// Until when a pause holds a slot with this certificate: its end, or the last tenth of the
// certificate's life, whichever comes first. Caution never lets a certificate expire; where none is
// yet, there is none to expire.
TimePoint endOf(const Pause& pause, const model::CertificateFacts& certificate);

// Which slots are paused, on disk: a restart does not forget them.
class Pauses {
public:
    Pauses(FileSystem& files, std::string file) : files_(files), file_(std::move(file)) {}

    Status load(); // Corrupt when the file is there and cannot be read
    Status put(const model::SlotId& slot, const Pause& pause);
    Status remove(const model::SlotId& slot); // nothing happens when it is not paused
    std::optional<Pause> of(const model::SlotId& slot) const;
    // A pause that still holds a slot with this certificate.
    std::optional<Pause> holding(
        const model::SlotId& slot, const model::CertificateFacts& certificate, TimePoint now) const;

private:
    Status save(std::map<model::SlotId, Pause> changed);

    FileSystem& files_;
    std::string file_;
    mutable std::mutex mutex_;
    std::map<model::SlotId, Pause> pauses_;
};

} // namespace perennial::agent
