#include "plugins/dovecot_discovery/tls_sites.h"

#include <cstddef>
#include <cstdint>

using namespace perennial;
using namespace perennial::plugins::dovecot;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    Discovery found;
    ConfigLimits limits;
    limits.files = 0; // nothing of the machine it runs on is read
    limits.entries = 0;
    const PosixFileSystem files;
    const auto configuration =
        ConfigReader(files, found, limits).parse(text, "/nowhere/dovecot.conf");
    for (const auto& site : sitesOf(configuration, found))
        addPlace(site.pair, "dovecot", site.listeners, {}, found);
    return 0;
}
