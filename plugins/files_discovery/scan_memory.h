#pragma once

#include "plugins/files_discovery/file_content.h"
#include "plugins/files_discovery/file_identity.h"
#include "plugins/files_discovery/fingerprint_set.h"

#include <string>
#include <string_view>
#include <unordered_map>

namespace perennial::plugins::files {

// What files held when they were read last, by their identity: most held nothing (8 bytes each).
// The form that is kept has a digest of all of it; whatever is wrong with it, reading it gives an
// empty memory, and the next scan reads every file.
class ScanMemory {
public:
    ScanMemory(); // empty, with a new seed
    // `settings`: what else the contents depend on; another text than last time forgets everything.
    static ScanMemory fromText(std::string_view text, std::string_view settings);
    // What was asked for or put since: what is gone from the disk is forgotten.
    std::string toText(std::string_view settings);

    bool empty() const { return blankBefore_.size() == 0 && contents_.empty(); }
    std::uint64_t fingerprint(const FileIdentity& identity) const
    {
        return fingerprintOf(identity, seed_);
    }
    bool heldNothing(std::uint64_t fingerprint);
    const FileContent* contentOf(std::uint64_t fingerprint); // stays where it is; null: not known
    // `keep`: false for a file that was written just now and could be again, unseen.
    const FileContent& put(std::uint64_t fingerprint, FileContent content, bool keep);
    void putNothing(std::uint64_t fingerprint);
    bool changed(); // since it was read

private:
    void settleBlank();

    struct Held {
        FileContent content;
        bool keep = false; // in the next form
    };

    FingerprintSeed seed_{};
    FingerprintSet blankBefore_;
    // Put in a row, for a set of so many is a miss of the caches each time.
    std::vector<std::uint64_t> blank_;
    std::unordered_map<std::uint64_t, Held> contents_;
    bool added_ = false;
};

} // namespace perennial::plugins::files
