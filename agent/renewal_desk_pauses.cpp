// The host admin's "not now", and the end of it.

#include "agent/renewal_desk.h"

#include <algorithm>

namespace perennial::agent {

namespace {

model::Actor localAdmin() { return {"human", "", "local", ""}; }

} // namespace

bool RenewalDesk::isPaused(const model::Slot& slot) const
{
    return parts_.pauses.holding(slot.id, slot.certificate, parts_.clock.now()).has_value();
}

Status RenewalDesk::tellOfPause(
    const std::string& kind, const model::Slot& slot, const Pause& pause)
{
    auto event = slotEvent(kind, slot, pause.reason);
    event.actor = localAdmin();
    event.details["until"] = toRfc3339(endOf(pause, slot.certificate));
    return parts_.publish({event});
}

Status RenewalDesk::pause(const model::SlotId& wanted, Duration time, const std::string& reason)
{
    const auto slot = slotOf(wanted);
    if (!slot)
        return Error{
            ErrorKind::NotFound, "this host has no slot " + toPrintable(wanted.text(), 64)};
    if (time <= Duration::zero() || time > Pause::longest)
        return Error{ErrorKind::InvalidInput, "a pause lasts at most " + toText(Pause::longest)};
    const auto now = parts_.clock.now();
    const Pause pause{now + time, toPrintable(reason, 500)};
    if (endOf(pause, slot->certificate) <= now)
        return Error{ErrorKind::Conflict,
            "the certificate is in the last tenth of its life: a pause could let it expire"};
    if (auto put = parts_.pauses.put(wanted, pause); !put) return put;
    auto told = tellOfPause("slot.paused", *slot, pause);
    // What the controller never hears of must not hold its orders back.
    if (!told) (void)parts_.pauses.remove(wanted);
    return told;
}

Status RenewalDesk::resume(const model::SlotId& wanted)
{
    const auto accepted = acceptTemplate(wanted);
    if (!accepted) return accepted.error();
    const auto pause = parts_.pauses.of(wanted);
    if (!pause) return *accepted ? Status() : Error{ErrorKind::NotFound, "it is not paused"};
    if (auto removed = parts_.pauses.remove(wanted); !removed) return removed;
    const auto slot = slotOf(wanted);
    return slot ? tellOfPause("slot.resumed", *slot, {parts_.clock.now(), ""}) : Status();
}

// A renewal of the slot that waits because its template has changed goes on. False: none waits.
Result<bool> RenewalDesk::acceptTemplate(const model::SlotId& slot)
{
    const std::lock_guard lock(mutex_);
    const auto waiting = std::find_if(open_.begin(), open_.end(), [&](const auto& entry) {
        return entry.second.order.slot == slot &&
               std::holds_alternative<AwaitingAcceptance>(entry.second.stage);
    });
    if (waiting == open_.end()) return false;
    auto& [id, renewal] = *waiting;
    if (working_ == id)
        return Error{ErrorKind::Conflict, "its renewal is being looked at this moment: try again"};
    auto told = renewalEvent(renewal, "slot.resumed", parts_.clock.preciseNow());
    told.actor = localAdmin();
    auto going = parts_.runner.acceptTemplate(renewal, std::move(told));
    if (going.unsaved) return Error{ErrorKind::Internal, going.unsaved->why};
    renewal = std::move(going);
    return true;
}

} // namespace perennial::agent
