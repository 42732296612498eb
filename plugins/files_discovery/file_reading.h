#pragma once

#include "plugins/files_discovery/file_parsing.h"
#include "plugins/files_discovery/folder_walk.h"
#include "plugins/files_discovery/scan_memory.h"
#include "plugins/files_discovery/sorting.h"
#include "shared/base/locked_block.h"

#include <vector>

namespace perennial::plugins::files {

// Reads the files of a walk that the memory does not know: of most the first block alone. What is
// worth it is parsed meanwhile.
class FileReading final : public FileVisitor {
public:
    FileReading(ScanMemory& memory, const PasswordFiles& passwords, TimePoint now);

    bool knowsFiles() const override { return known_; }
    bool knows(const WalkedFile& file) override;
    std::uint64_t look(const WalkedFile& file, int descriptor) override;

    // What was of interest. The contents are the memory's.
    std::vector<ReadFile> files() &&;

private:
    bool hasSettled(const FileIdentity& identity) const
    {
        return identity.changed < settledBefore_;
    }
    void rememberNothing(const FileIdentity& identity);

    ScanMemory& memory_;
    std::int64_t settledBefore_; // nanoseconds; what changed later is not remembered
    bool known_;
    LockedBlock block_; // keys pass through it, of files that are of no interest too
    std::vector<ReadFile> files_;
    FileParsing parsing_;
};

} // namespace perennial::plugins::files
