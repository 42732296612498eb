// A configuration of Apache's, from one file, to the listeners it has.

#include "plugins/apache_discovery/tls_listeners.h"
#include "shared/base/file_system.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::apache;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = fuzz::textOf(data, size);
    Discovery found;
    const auto limits = fuzz::noFiles();
    const PosixFileSystem files;
    Conditions conditions("/nowhere", {{"PORT", "443"}}, {});
    const auto configuration = ConfigReader(files, found, std::move(conditions), limits)
                                   .parse(text, "/nowhere/apache2.conf");
    const auto hosts = virtualHostsOf(configuration, found);
    (void)listenersOf(hosts, listensOf(configuration, found), found);
    return 0;
}
