#include "plugins/builtin_plugins.h"
#include "plugins/syslog_sink/syslog_sink.h"

namespace perennial::plugins {

Status registerAuditSinks(PluginRegistry& registry)
{
    return registry.addAuditSink("syslog", makeSyslogSink);
}

} // namespace perennial::plugins
