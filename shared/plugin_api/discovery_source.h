#pragma once

#include "shared/base/result.h"
#include "shared/model/slot.h"

#include <cstddef>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace perennial {

// One place a source found: files that belong together, and who uses them.
struct DiscoveredPlace {
    model::Place place;
    std::string service;                    // "nginx", or empty
    std::vector<model::Listener> listeners; // not looked at yet
    std::vector<std::string> warnings = {}; // of how the service uses them
    std::string passwordFile = {};          // of a PKCS#12 file; its path goes into no report
    std::string certificatePem = {};        // where only the source can read it: in a token
    std::optional<uid_t> foundOwner = {};   // the file's, where only a search found it
};

// A listener that was looked at before anybody knew whose certificate it would show.
struct SeenListener {
    model::Listener listener;
    std::optional<uid_t> owner; // of its socket; unset: an administrator names it
    friend auto operator<=>(const SeenListener&, const SeenListener&) = default;
};

struct Discovery {
    static constexpr std::size_t skippedLimit = 1000;

    std::vector<DiscoveredPlace> places;
    // Looked at already (`served` says what each showed), by a source that does not know the files.
    std::vector<SeenListener> listeners;
    std::vector<model::FoundCertificate> found; // certificates that are no slots
    // Files that were read as a service's configuration, and patterns that were followed.
    std::vector<std::string> configuration;
    std::vector<std::string> skipped; // "path: why"; at most skippedLimit
    std::size_t skippedMore = 0;      // how many more there were

    void skip(std::string what)
    {
        if (!skipped.empty() && skipped.back() == what) return; // inherited by many
        if (skipped.size() < skippedLimit)
            skipped.push_back(std::move(what));
        else
            ++skippedMore;
    }
};

// Finds certificates on a host by reading: no service program is run. Bounded in files, bytes and
// depth. What is skipped never quotes a file's content: it could be a key. An Error: the source as
// a whole found nothing.
class DiscoverySource {
public:
    virtual ~DiscoverySource() = default;
    virtual Result<Discovery> discover() = 0;

    // What spares a source reading again what did not change. What memory() gave after one
    // discover() comes back before the next, in a later process; any bytes may come. Public: it is
    // kept in a file. Unset: there is nothing to keep, or nothing new.
    virtual void recall(std::string /*memory*/) {}
    virtual std::optional<std::string> memory() { return std::nullopt; }
};

} // namespace perennial
