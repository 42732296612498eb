#include "plugins/builtin_plugins.h"

namespace perennial::plugins {

Status registerAuditSinks(PluginRegistry&) { return {}; }

} // namespace perennial::plugins
