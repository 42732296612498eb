#pragma once

#include "shared/base/clock.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace perennial::enrollment::server {

// Since when callers have the rights that they were seen with. Rights change in places that tell
// nobody: a directory, the file of users, mappings, another certificate in hand. In memory: who was
// forgotten, or asks after a restart, is told everything once more. Used by many threads.
class SeenRights {
public:
    static constexpr std::size_t limit = 50'000; // callers; then all are forgotten

    // From when on whoever asked has been told of `rights`: after `now` when they were never seen,
    // or others were seen last. `caller` and `rights` are any texts that tell them apart.
    TimePoint since(const std::string& caller, const std::string& rights, TimePoint now);

private:
    struct Seen {
        std::size_t rights;
        TimePoint since;
    };
    std::mutex mutex_;
    std::unordered_map<std::size_t, Seen> seen_; // by hashes
};

} // namespace perennial::enrollment::server
