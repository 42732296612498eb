#include "plugins/nginx_discovery/tls_listeners.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::nginx;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = fuzz::textOf(data, size);
    Discovery found;
    const auto limits = fuzz::noFiles();
    const PosixFileSystem files;
    const auto root = ConfigReader(files, found, limits).parse(text, "/nowhere/nginx.conf");
    for (const auto& group : serversOf(root, found).groups)
        (void)listenersOf(group, found);
    return 0;
}
