#include "plugins/dovecot_discovery/tls_sites.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::dovecot;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = fuzz::textOf(data, size);
    Discovery found;
    const auto limits = fuzz::noFiles();
    const PosixFileSystem files;
    const auto configuration =
        ConfigReader(files, found, limits).parse(text, "/nowhere/dovecot.conf");
    for (const auto& site : sitesOf(configuration, found))
        addPlace(site.pair, "dovecot", site.listeners, {}, found);
    return 0;
}
