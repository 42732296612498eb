#include "plugins/nginx_discovery/tls_listeners.h"

#include <cstddef>
#include <cstdint>

using namespace perennial;
using namespace perennial::plugins::nginx;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    Discovery found;
    ConfigLimits limits;
    limits.files = 0; // nothing of the machine it runs on is read
    limits.entries = 0;
    const PosixFileSystem files;
    const auto root = ConfigReader(files, found, limits).parse(text, "/nowhere/nginx.conf");
    for (const auto& group : serversOf(root, found).groups)
        (void)listenersOf(group, found);
    return 0;
}
