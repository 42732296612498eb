#pragma once

#include "shared/base/clock.h"
#include "shared/model/slot.h"

#include <functional>
#include <vector>

namespace perennial::scanner {

// What a listener shows: the fingerprint of the leaf. The error says why nothing was seen.
using Look = std::function<Result<model::Fingerprint>(const model::Listener&)>;
Look handshakeLook(Duration limit); // by a TLS handshake

// Looks at every listener of the slots that was not looked at yet, each address and name once.
// After three failures in a row an address is given up. Ends when `time` is up; the rest stays
// unseen, with a warning.
void lookAtListeners(
    std::vector<model::Slot>& slots, const Look& look, const Clock& clock, Duration time);

} // namespace perennial::scanner
