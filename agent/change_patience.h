#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

namespace perennial::agent {

// When changes that were noticed lead to a scan. Whoever may write into a watched folder can cause
// scans, so they are bounded: together they take a twentieth of the time at most, and a folder
// whose changes turn out to be nothing is waited with, ever longer, up to a sweep's interval.
// Nothing noticed is lost. Pure; times are monotonic.
class ChangePatience {
public:
    using Time = std::chrono::milliseconds;
    explicit ChangePatience(Time sweep) : sweep_(sweep) {}

    void noticed(const std::set<std::string>& folders, Time now);
    bool wantsScan(Time now) const;

    // Of a scan, whoever asked for it.
    void scanBegins(Time now);
    void scanEnds(Time now, bool foundSomethingNew);

private:
    struct Disappointment {
        Time pause;
        Time until;
    };

    Time sweep_;
    std::set<std::string> noticed_;
    std::set<std::string> looking_; // noticed before the scan that is under way
    std::map<std::string, Disappointment> disappointments_;
    Time first_{}; // of what was noticed
    Time last_{};
    Time began_{};
    Time notBefore_{};
};

} // namespace perennial::agent
