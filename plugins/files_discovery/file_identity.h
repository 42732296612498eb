#pragma once

#include "shared/base/accounts.h"

#include <array>
#include <cstdint>
#include <sys/stat.h>

namespace perennial::plugins::files {

// What changes when a file does: writing into it sets both times, and nobody can set ctime.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0; // nanoseconds
    std::int64_t changed = 0;
    // No part of the fingerprint: whoever changes the one changes the time, and the other is looked
    // at in each walk.
    FileReaders readers = {};
    bool inOpenFolder = false; // where everybody may put files
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

inline FileIdentity identityOf(const struct stat& facts)
{
    constexpr std::int64_t second = 1'000'000'000;
    return {facts.st_dev, facts.st_ino, static_cast<std::uint64_t>(facts.st_size),
        facts.st_mtim.tv_sec * second + facts.st_mtim.tv_nsec,
        facts.st_ctim.tv_sec * second + facts.st_ctim.tv_nsec,
        {facts.st_uid, facts.st_gid, (facts.st_mode & S_IRGRP) != 0}};
}

// Random, and known to nobody who writes files: two identities that give the same number cannot be
// looked for.
using FingerprintSeed = std::array<std::uint64_t, 5>;

std::uint64_t fingerprintOf(const FileIdentity& identity, const FingerprintSeed& seed);

} // namespace perennial::plugins::files
