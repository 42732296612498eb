#pragma once

#include "agent/installer/guard.h"
#include "shared/base/file_system.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::installer {

struct TrustChange {
    std::vector<std::string> added; // SHA-256 of certificates, hex
    std::vector<std::string> removed;
    std::vector<std::string> stillTrusted; // of the removed: `result` shows them, from elsewhere
};

// The folder where a host keeps the authorities that its programs trust. Ours are the files
// perennial-<SHA-256>.crt with that very certificate in them; no other file is touched. The guard's
// command takes them over into what programs read.
class TrustStore {
public:
    TrustStore(FileSystem& files, const std::string& name, const TrustRule& rule,
        const std::filesystem::path& state)
        : files_(files), rule_(rule), before_(state / ("trust-" + name + ".before"))
    {
    }

    // Exactly these are there as ours afterwards, and shown in the guard's `result`; or the ones
    // from before again. PermissionDenied: one is not among the guard's anchors, is no authority,
    // or has ended. Killed at any point: the next call goes on, and knows what was there before.
    Result<TrustChange> set(const std::vector<x509::Certificate>& wanted, TimePoint now);

private:
    using Anchors = std::map<std::string, std::string>; // PEM by SHA-256
    Status check(const std::vector<x509::Certificate>& wanted, TimePoint now) const;
    Result<Anchors> placed() const;
    Result<Anchors> placedBefore(const Anchors& now) const; // before a change that was cut off
    Result<std::set<std::string>> bring(const Anchors& wanted, bool goesBack); // what is shown then
    Result<std::set<std::string>> takeOver(const Anchors& wanted) const;
    Status goBack(const Anchors& before, const Error& why);

    FileSystem& files_;
    const TrustRule& rule_;
    std::filesystem::path before_; // there while a change is under way: what is to come back
};

} // namespace perennial::installer
