#pragma once

#include "agent/scanner/listener_looks.h"
#include "agent/scanner/scanner_config.h"

namespace perennial::scanner {

struct ScanLimits {
    Duration reading{180}; // of certificate files
    Duration looking{120}; // at listeners
    std::size_t slots = 20'000;
    std::size_t reportBytes = 24U << 20U; // of the slots; the agent reads 40 MB
};

// Asks every source, with what it remembered last time, reads what each place holds and looks at
// its listeners. A source that fails is in `skipped`; only when all fail is there no report. What
// configurations name comes first, then what is root's; of each other user it takes no more than
// his share.
class Scanner {
public:
    Scanner(FileSystem& files, const Clock& clock, Look look, ScanLimits limits = {})
        : files_(files), clock_(clock), look_(std::move(look)), limits_(limits)
    {
    }

    Result<model::InventoryReport> scan(std::vector<NamedSource>& sources) const;

private:
    struct Read {
        std::vector<model::Slot> slots;
        std::vector<uid_t> owners; // of each, whose share it takes
    };
    Read readSlots(Discovery& found) const;

    FileSystem& files_;
    const Clock& clock_;
    Look look_;
    ScanLimits limits_;
};

} // namespace perennial::scanner
