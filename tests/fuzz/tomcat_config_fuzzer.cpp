#include "plugins/tomcat_discovery/tls_hosts.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::tomcat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto connectors =
        connectorsOf(fuzz::textOf(data, size), "/nowhere/conf/server.xml", "/nowhere");
    if (!connectors) return 0;
    Discovery found;
    for (const auto& connector : *connectors)
        addConnector(connector, {"/nowhere", "/nowhere/password"}, found);
    return 0;
}
