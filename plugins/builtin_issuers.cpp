#include "plugins/builtin_plugins.h"
#include "plugins/ces_issuer/ces_issuer.h"

namespace perennial::plugins {

Status registerIssuers(PluginRegistry& registry)
{
    return registry.addIssuer("ces", makeCesIssuer);
}

} // namespace perennial::plugins
