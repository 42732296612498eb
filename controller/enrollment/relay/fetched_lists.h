#pragma once

#include "controller/enrollment/authentication/authenticator.h"
#include "controller/enrollment/publication/crl_publisher.h"
#include "controller/enrollment/relay/merged_lists.h"
#include "controller/enrollment/relay/relay_settings.h"
#include "shared/base/periodic_task.h"

#include <functional>
#include <mutex>

namespace perennial::enrollment::server {

// The CRLs of the authority inside, fetched from where it publishes them, and kept in <state>/crl/.
// One counts until its nextUpdate, and until `longestAge` after it was last fetched. Without
// `lists` it only knows whose certificates are the authority's.
class FetchedLists final : public RemoteAuthority {
public:
    struct Parts {
        EnrollmentStore& store;
        FileSystem& files;
        const Clock& clock;
        const Log& log;
    };
    using Fetch = std::function<Result<Bytes>(const std::string& url)>;
    FetchedLists(const RelaySettings& settings, x509::Certificate authority, std::string folder,
        Fetch fetch, const Parts& parts);
    // By HTTP, or HTTPS to servers that `anchors` vouch for.
    static Fetch overHttp(const RelaySettings& settings, std::vector<x509::Certificate> anchors);

    Status open(); // takes up what is on disk
    void start();  // fetches when it is time, from now on
    void look();   // what start() does again and again: one thread

    Standing standingOf(const x509::Certificate& certificate, TimePoint now) const override;
    CrlPublisher::Lists lists() const;
    struct Facts {
        bool count = false; // the CRLs that are here
        TimePoint fetchedAt;
    };
    std::optional<Facts> facts(TimePoint now) const; // nothing without `lists`

private:
    struct Held {
        std::optional<MergedLists> lists;
        TimePoint fetchedAt;
    };
    std::shared_ptr<const Held> held() const;
    void hold(MergedLists lists, TimePoint fetchedAt);
    bool counts(const Held& held, TimePoint now) const;
    Status fetchAll(TimePoint now);
    Result<std::optional<x509::RevocationList>> readCopy(const std::string& name);
    Status writeCopies(const MergedLists& lists);
    void tell(bool count, const std::string& problem, TimePoint now);

    const std::optional<ListSettings> settings_;
    const x509::Certificate authority_;
    const std::string folder_;
    const Fetch fetch_;
    const Parts parts_;
    TimePoint nextFetch_;
    std::string lastProblem_;
    std::optional<bool> told_; // that they count
    mutable std::mutex mutex_;
    std::shared_ptr<const Held> held_;
    std::optional<PeriodicTask> timer_; // last: it uses all of the others
};

} // namespace perennial::enrollment::server
