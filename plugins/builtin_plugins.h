#pragma once

#include "shared/plugin_api/plugin_registry.h"

// Every plugin that ships with the product, by the name that policies and configurations use for it.
// One list and one library a kind, so that a program links only the kind it has the rights for.
namespace perennial::plugins {

Status registerIssuers(PluginRegistry& registry);          // perennial::builtin_issuers
Status registerDiscoverySources(PluginRegistry& registry); // perennial::builtin_discovery_sources
Status registerAuditSinks(PluginRegistry& registry);       // perennial::builtin_audit_sinks

} // namespace perennial::plugins
