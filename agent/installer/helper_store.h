#pragma once

#include "agent/installer/pair.h"
#include "shared/model/helper_message.h"

namespace perennial::installer {

// A store that only the administrator's own program can read and write. It runs confined, after a
// look at who could have changed it, and is believed nothing: what it says is parsed strictly, and
// what it did is read again. The place is in such a store: guard.helperOf(place).

// Folder and entry of `request` are filled in. Unavailable: it did not run, or not well;
// PermissionDenied: it may not be run, or refused.
Result<model::HelperAnswer> askHelper(
    const Guard& guard, const Place& place, model::HelperRequest request);
// NotFound: nothing is there.
Result<Pair> readHelperPair(const Guard& guard, const Place& place);

} // namespace perennial::installer
