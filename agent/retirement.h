#pragma once

#include "agent/desired_state.h"
#include "agent/renewal/hands.h"
#include "agent/slot_table.h"
#include "agent/superseded.h"

#include <functional>
#include <map>

namespace perennial::agent {

// What is left to do for certificates that were replaced. An old key that the host's guard keeps
// for a while is told of when it is destroyed; then, where the policy says `superseded: revoke`,
// the CA is asked to revoke the certificate. Never one that is in place or served anywhere on this
// host, and not before the new one was looked at once more.
class Retirement {
public:
    struct Parts {
        SupersededArchive& archive;
        const DesiredStateKeeper& desired;
        const SlotTable& slots;
        InstallerHands& installer;
        EnrollerHands& enroller;
        Eyes& eyes;
        const Clock& clock;
        std::function<Status(const std::vector<model::AuditEvent>&)> publish;
        Duration every; // between looks, and after a replacement until it is revoked
    };
    explicit Retirement(Parts parts) : parts_(std::move(parts)) {}

    // What goes wrong with one of them is told once for each reason, and tried again: after
    // `every`, then twice that, at most after a day, until the certificate has expired. The Error
    // is the archive's or the queue's.
    Status runIfDue();

private:
    struct Question; // who would be asked, about what
    Status lookAtKey(Superseded one);
    Status revokeIfWanted(Superseded one);
    std::string whyNot(const Superseded& one, const Question& question);
    Status ask(const Question& question);
    Status tell(const Superseded& one, const std::string& kind, const std::string& problem);
    bool mayTry(const Superseded& one);

    Parts parts_;
    std::chrono::milliseconds next_{}; // monotonic
    struct Tries {
        int count = 0;
        TimePoint next;
    };
    std::map<model::OrderId, Tries> tries_; // of this process
};

} // namespace perennial::agent
