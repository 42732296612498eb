#pragma once

#include "agent/desired_state.h"
#include "agent/renewal/renewal.h"
#include "shared/base/json.h"
#include "shared/rules/enrollment_rules.h"

#include <functional>

namespace perennial::agent {

// What stands against a certificate at one place where a policy wants one, before anybody asks for
// it: the host's credential (`next`), and what the installer says of guard, folder and names.
// Lines of the doctor: {"step", "verdict", "seen", "mend"}.
struct PlaceToExamine {
    model::Slot slot; // empty, or what the last scan found there
    const DesiredState& state;
    rules::NextEnrollment next;
    std::string order; // of its renewal under way, which holds the place; otherwise empty
};
Json::Array examinePlace(
    const PlaceToExamine& place, const std::function<Status(const Renewal&)>& preflight);

} // namespace perennial::agent
