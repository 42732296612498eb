#pragma once

#include "shared/plugin_api/discovery_source.h"

#include <string>
#include <vector>

// What several sources found, brought together. Pure.
namespace perennial::scanner {

// Each place once, sorted, with the listeners of all who named it (sorted, each address and name
// once); the first service that was named wins. Of what was only found each thing once, sorted, and
// nothing that is in a place of another source. What cannot be reported moves to `skipped`.
Discovery mergeDiscoveries(std::vector<Discovery> discoveries);

// Gives listeners that were looked at by themselves to the slot whose certificate they showed. What
// belongs to no slot, or to several that hold the same certificate, goes to `skipped`.
void attachListeners(std::vector<model::Slot>& slots, const std::vector<model::Listener>& listeners,
    Discovery& skipped);

// After the look: where one server holds several certificates (RSA and EC) only one of them is ever
// shown. A listener that shows another slot's certificate, while that slot claims it too, is that
// slot's alone. Every other listener that shows something else stays, with a warning.
void settleListeners(std::vector<model::Slot>& slots);

} // namespace perennial::scanner
