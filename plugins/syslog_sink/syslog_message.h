#pragma once

#include "shared/plugin_api/audit_sink.h"

#include <cstddef>
#include <string>

namespace perennial::plugins {

struct SyslogFormat {
    std::string hostName;         // of this machine; what HOSTNAME cannot hold becomes "-"
    int facility = 13;            // log audit (RFC 5424 6.2.1)
    std::size_t mostBytes = 8000; // of a message; rsyslog cuts at 8,096 and reads on in the rest
};
inline constexpr std::size_t leastMessageBytes = 1024;

// One RFC 5424 message: what searches need as structured data, the event's JSON as MSG. One that is
// too long loses whole members, never its end: names, chain, details, ...; then it has trunc="1".
// full_sha256 is of the record in the log, wherever MSG is not that record byte for byte.
std::string syslogMessage(const SinkEvent& event, const SyslogFormat& format);
// RFC 5425 4.3: octet counting.
std::string syslogFrame(const std::string& message);

} // namespace perennial::plugins
