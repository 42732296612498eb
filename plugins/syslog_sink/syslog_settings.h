#pragma once

#include "plugins/syslog_sink/syslog_message.h"
#include "shared/base/clock.h"
#include "shared/plugin_api/plugin_registry.h"
#include "shared/tls/client_connection.h"

#include <chrono>
#include <string>

namespace perennial::plugins {

// docs/audit_log.md lists the settings of a sink of kind syslog.
struct SyslogSettings {
    tls::ClientConnection::Target target;
    std::string trustFile;       // one of the two
    std::string pin;             // SHA-256 of an authority's public key
    std::string certificateFile; // both or none
    std::string keyFile;
    SyslogFormat format;
    std::chrono::milliseconds settleAfter{2000};
};

// InvalidInput names the setting.
Result<SyslogSettings> readSyslogSettings(const PluginSettings& settings);
// Reads the files: anew for each connection, so that a renewed certificate is used without a start.
Result<tls::ClientSettings> readTlsFiles(const SyslogSettings& settings);

} // namespace perennial::plugins
