#include "agent/change_patience.h"

#include <algorithm>

namespace perennial::agent {

namespace {

using std::chrono::seconds;

constexpr seconds settled{2}; // a pair is two files, and an editor writes several times
constexpr seconds settledAtLast{10};
constexpr seconds apart{10};
constexpr int share = 20; // a scan of one second is followed by twenty without

} // namespace

void ChangePatience::noticed(const std::set<std::string>& folders, Time now)
{
    if (folders.empty()) return;
    if (noticed_.empty()) first_ = now;
    last_ = now;
    noticed_.insert(folders.begin(), folders.end());
}

bool ChangePatience::wantsScan(Time now) const
{
    if (now < notBefore_) return false;
    if (now - last_ < settled && now - first_ < settledAtLast) return false;
    return std::any_of(noticed_.begin(), noticed_.end(), [&](const std::string& folder) {
        const auto found = disappointments_.find(folder);
        return found == disappointments_.end() || found->second.until <= now;
    });
}

void ChangePatience::scanBegins(Time now)
{
    began_ = now;
    looking_.swap(noticed_);
    noticed_.clear();
}

void ChangePatience::scanEnds(Time now, bool foundSomethingNew)
{
    for (const auto& folder : looking_) {
        if (foundSomethingNew) {
            disappointments_.erase(folder);
            continue;
        }
        auto& disappointment = disappointments_[folder];
        disappointment.pause =
            std::clamp<Time>(disappointment.pause * 2, apart, std::max<Time>(sweep_, apart));
        disappointment.until = now + disappointment.pause;
    }
    looking_.clear();
    notBefore_ = now + std::max<Time>(apart, (now - began_) * share);
}

} // namespace perennial::agent
