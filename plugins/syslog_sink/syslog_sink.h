#pragma once

#include "plugins/syslog_sink/syslog_settings.h"
#include "shared/base/clock.h"
#include "shared/plugin_api/audit_sink.h"
#include "shared/plugin_api/plugin_registry.h"
#include "shared/tls/client_connection.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace perennial::plugins {

// Syslog over TLS (RFC 5424, RFC 5425). The protocol has no acknowledgement, so an event counts as
// delivered when the receiver's machine has confirmed its bytes and the connection has then stayed
// open for a while. Whatever came after that goes again once a connection ends: repeats, no loss.
class SyslogSink final : public AuditSink {
public:
    SyslogSink(SyslogSettings settings, std::unique_ptr<Clock> clock);
    ~SyslogSink() override; // says goodbye (close_notify)
    SyslogSink(const SyslogSink&) = delete;
    SyslogSink& operator=(const SyslogSink&) = delete;

    Result<std::int64_t> deliver(const std::vector<SinkEvent>& events) override;
    Result<std::int64_t> settle() override;

private:
    // Events up to this one were written before anything was known of them.
    struct Mark {
        std::int64_t sequence;
        std::chrono::milliseconds written;
        std::optional<std::chrono::milliseconds> confirmed;
    };

    Status connect();
    Status write(const std::vector<SinkEvent>& events);
    Status look(std::chrono::milliseconds howLong);
    Error broken(const Error& error);

    SyslogSettings settings_;
    std::unique_ptr<Clock> clock_;
    std::unique_ptr<tls::ClientConnection> connection_;
    std::deque<Mark> marks_;
    std::int64_t delivered_ = -1;
};

// A factory for the registry. Reads the TLS files once, so that a wrong path is told at the start.
Result<std::unique_ptr<AuditSink>> makeSyslogSink(const PluginSettings& settings);

} // namespace perennial::plugins
