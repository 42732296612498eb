// slapd.conf, cn=config and what says where slapd listens, by the first byte.

#include "plugins/openldap_discovery/listen_urls.h"
#include "plugins/openldap_discovery/tls_pair.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::openldap;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const auto text = fuzz::textOf(data + 1, size - 1);
    Discovery found;
    const PosixFileSystem files;
    ConfigReader reader(files, found, fuzz::noFiles());
    const auto settings = (data[0] & 1U) != 0 ? reader.parseConf(text, "/nowhere/slapd.conf")
                                              : reader.parseLdif(text, "/nowhere/cn=config.ldif");
    const auto urls = (data[0] & 2U) != 0 ? urlsOfCommandLine(text)
                                          : urlsOfDefaults(text, "/nowhere/slapd", found);
    const auto listeners = listenersOf(urls, found);
    if (const auto pair = tlsPairOf(settings, found))
        addPlace(*pair, "openldap", listeners, {}, found);
    return 0;
}
