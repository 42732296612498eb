#pragma once

#include "agent/desired_state.h"
#include "agent/pauses.h"
#include "agent/renewal/renewal.h"
#include "agent/renewal_desk.h"
#include "shared/base/json.h"

namespace perennial::agent {

// What is known of one slot when somebody asks why it is, or is not, being renewed.
struct SlotFacts {
    model::Slot slot;
    std::optional<Renewal> underWay;
    std::optional<Renewal> last; // that ended; the journal keeps them for a week
    std::optional<Pause> pause;  // that still holds
    SlotTable::Fortune fortune;  // with who ruled it
    RenewalDesk::Alone alone = RenewalDesk::Alone::Planned;
    std::vector<rules::CredentialFacts> credentials = {}; // of this host
};

// One screen: `verdict` (quarantined, under-way, unmanaged, empty, expired, paused, failed, due,
// waiting), `why` it is so and what happens next, the policy with its line, the moments, the last
// attempt. Pure.
Json explain(const SlotFacts& facts, const DesiredState& state, TimePoint now);

} // namespace perennial::agent
