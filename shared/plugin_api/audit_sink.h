#pragma once

#include "shared/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace perennial {

struct SinkEvent {
    std::int64_t sequence;
    std::string canonical; // the event's canonical JSON, as it is in the log
};

// Carries audit events to a SIEM. Called by one thread of its own; a slow sink delays nobody else.
class AuditSink {
public:
    virtual ~AuditSink() = default;

    // Sends the events in order. Returns the highest sequence known to be delivered (possibly lower
    // than the last one given, or than the first: the sink holds back what a broken connection
    // could still lose). After an Error the caller gives everything that is not known delivered
    // once more.
    virtual Result<std::int64_t> deliver(const std::vector<SinkEvent>& events) = 0;
    // Called when there is nothing new: what was held back may be known delivered by now. May wait
    // for a moment to see.
    virtual Result<std::int64_t> settle() = 0;
};

} // namespace perennial
