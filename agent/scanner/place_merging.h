#pragma once

#include "shared/plugin_api/discovery_source.h"

#include <functional>
#include <string>
#include <vector>

// What several sources found, brought together. Pure.
namespace perennial::scanner {

// Each place once, sorted (those first that a configuration names, then those of root, then those
// of other users), with the listeners of all who named it (sorted, each address and name once); the
// first service that was named wins. Of what was only found each thing once, sorted, and nothing
// that is in a place of another source. What cannot be reported moves to `skipped`.
Discovery mergeDiscoveries(std::vector<Discovery> discoveries);

// Whether a socket of this user may stand for the slot. Else any user's forwarder would be a proof.
using MayServe = std::function<bool(const model::Slot& slot, uid_t user)>;

// Gives listeners that were looked at by themselves to the slot whose certificate they showed;
// where which of several copies they use is not known, to each: a copy takes the proof from nobody.
// Of the copies with one key file the one that lies beside it. What belongs to no slot goes to
// `skipped`.
void attachListeners(std::vector<model::Slot>& slots, const std::vector<SeenListener>& listeners,
    const MayServe& mayServe, Discovery& skipped);

// After the look: where one server holds several certificates (RSA and EC) only one of them is ever
// shown. A listener that shows another slot's certificate, while that slot claims it too, is that
// slot's alone. Every other listener that shows something else stays, with a warning.
void settleListeners(std::vector<model::Slot>& slots);

} // namespace perennial::scanner
