#pragma once

#include "plugins/files_discovery/file_identity.h"
#include "plugins/files_discovery/fingerprint_set.h"
#include "shared/base/clock.h"
#include "shared/base/owner_shares.h"
#include "shared/plugin_api/discovery_source.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::files {

struct WalkLimits {
    std::size_t entries = 1'000'000;    // of all folders together
    std::size_t folderEntries = 50'000; // of one: a large one must not cost the others their turn
    std::size_t depth = 50;             // as many descriptors are open at once
    std::size_t fileBytes = 1U << 20U;
    std::uint64_t allBytes = 16ULL << 30U; // read in one walk
    Duration time{240};
};

// One file of the walk. Its path is made only where somebody wants it.
class WalkedFile {
public:
    WalkedFile(const std::string& folder, std::string_view name, const FileIdentity& identity)
        : folder_(folder), name_(name), identity_(identity)
    {
    }
    std::string path() const { return folder_ + "/" + std::string(name_); }
    const FileIdentity& identity() const { return identity_; }

private:
    const std::string& folder_;
    std::string_view name_;
    const FileIdentity& identity_;
};

class FileVisitor {
public:
    virtual ~FileVisitor() = default;
    virtual bool knowsFiles() const = 0; // false: knows() need not be asked
    // True when it need not be opened: it is as it was.
    virtual bool knows(const WalkedFile& file) = 0;
    // Open for reading, not to be closed. Gives how many bytes were read.
    virtual std::uint64_t look(const WalkedFile& file, int descriptor) = 0;
};

// Goes through folders that anybody may write to. Every step is relative to an open folder and
// follows no link; nothing but regular files is opened, and nothing blocks; file systems of the
// kernel and of the network are not entered; no folder is entered twice. Of what is passed over the
// number is told. Entries, bytes and time are shared out by whose folder it is: a tree that one
// user fills costs the others nothing.
class FolderWalk {
public:
    FolderWalk(const Clock& clock, WalkLimits limits)
        : clock_(clock), limits_(limits), began_(clock.monotonic()), lastLook_(began_),
          entries_(limits.entries), bytes_(limits.allBytes),
          time_(static_cast<std::uint64_t>(std::chrono::milliseconds(limits.time).count()))
    {
    }

    void walk(const std::string& folder, FileVisitor& visitor, Discovery& found);
    // For those after it there is always left of the limits what half of them, evenly divided, is.
    void walkAll(const std::vector<std::string>& folders, FileVisitor& visitor, Discovery& found);

private:
    struct Passed {
        std::size_t links = 0;
        std::size_t large = 0;
        std::size_t special = 0; // FIFOs, devices, sockets
        std::size_t deep = 0;
        std::size_t unreadable = 0;
        std::size_t crowded = 0; // folders with too many entries
        std::size_t foreign = 0; // file systems that are not entered
        std::size_t greedy = 0;  // folders of owners who have had their share
        bool stopped = false;
    };
    struct Name {
        std::uint64_t inode;
        unsigned char type; // as readdir has it
        std::string_view text;
    };
    // One folder on the way from the root of the walk to where it is.
    struct Level {
        int descriptor;
        std::uint64_t device;
        std::size_t depth;
        std::string path;
        uid_t owner; // whose share it is
    };

    void enter(const Level& level, FileVisitor& visitor);
    void take(const Level& level, const Name& name, FileVisitor& visitor);
    void takeFolder(const Level& level, const Name& name, FileVisitor& visitor);
    void takeFile(const Level& level, const Name& name, FileVisitor& visitor);
    bool hasFittingSize(const FileIdentity& identity);
    bool isUnknown(const Level& level, const Name& name, FileVisitor& visitor);
    bool mayGoOn(uid_t owner);
    bool hasShare(uid_t owner) const;

    const Clock& clock_;
    WalkLimits limits_;
    std::chrono::milliseconds began_;
    std::chrono::milliseconds lastLook_; // at the clock
    std::size_t untilClock_ = 0;         // steps until the next one
    bool late_ = false;
    OwnerShares entries_;
    OwnerShares bytes_;
    OwnerShares time_; // milliseconds
    // Of how many parts of the limits, and how many of them are for the folders that come after.
    std::size_t parts_ = 1;
    std::size_t reserved_ = 0;
    FingerprintSet entered_;
    Passed passed_;
};

} // namespace perennial::plugins::files
