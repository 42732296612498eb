#pragma once

#include "shared/base/file_system.h"
#include "shared/model/slot.h"

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace perennial::agent {

// The slots as the last scan saw them, and how renewals of each fared; on disk, so that a restart
// knows them.
class SlotTable {
public:
    SlotTable(FileSystem& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

    // What cannot be read of how renewals fared is put aside and begins anew: it is memory, and
    // must not stop renewals. What was wrong is said.
    Result<std::vector<std::string>> load();
    Status put(const model::InventoryReport& report);
    std::shared_ptr<const model::InventoryReport> inventory() const; // never null
    std::optional<model::Slot> find(const model::SlotId& slot) const;

    struct Rule {
        std::string policy;     // that ruled the slot last; empty: none ever did
        TimePoint unruledSince; // when it was seen that none does any more; zero: it still does
        bool isLeftAlone() const { return unruledSince != TimePoint(); }
        bool isRuled() const { return !policy.empty() && !isLeftAlone(); }
    };
    // Renewals that failed for good, one after another; the agent alone waits longer after each.
    struct Fortune {
        int failures = 0;
        TimePoint lastFailure;
        std::int64_t generation = 0; // renewals completed
        TimePoint lastCompletion;
        model::OrderId lastOrder; // whose end was told last: told again, it changes nothing
        std::string toldExpiry;   // the expired certificate that was told of, and the way out
        Rule rule;
        // The last try to have other names, which does not count among the failures.
        struct NamesTried {
            std::string names; // as wanted, blank between
            std::string why;   // they are not there
            TimePoint at;
            int times = 0; // of these names, one after another
            model::OrderId order;
        };
        NamesTried namesTried;
    };
    Fortune fortuneOf(const model::SlotId& slot) const;
    // From now on the slot is known to hold this chain, before the next scan sees it.
    Status completed(const model::SlotId& slot, const model::OrderId& order,
        const std::string& chainPem, TimePoint now);
    Status toldOfExpiry(const model::SlotId& slot, const std::string& what);
    Status failed(const model::SlotId& slot, const model::OrderId& order, TimePoint now);

    Status triedNames(const model::SlotId& slot, Fortune::NamesTried tried);

    Rule ruleOf(const model::SlotId& slot) const;
    Status ruled(const std::map<model::SlotId, Rule>& changed);

private:
    Status saveFortune(const model::SlotId& slot, const Fortune& fortune);
    Status save(std::map<model::SlotId, Fortune> changed); // under the lock
    void remember(const model::SlotId& slot, const std::string& chainPem);

    FileSystem& files_;
    std::string folder_;
    mutable std::mutex mutex_;
    std::shared_ptr<const model::InventoryReport> inventory_ =
        std::make_shared<model::InventoryReport>();
    std::map<model::SlotId, Fortune> fortunes_;
};

} // namespace perennial::agent
