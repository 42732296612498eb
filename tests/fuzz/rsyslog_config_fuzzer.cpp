#include "plugins/rsyslog_discovery/tls_pairs.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::rsyslog;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = fuzz::textOf(data, size);
    Discovery found;
    const PosixFileSystem files;
    addPairs(
        ConfigReader(files, found, fuzz::noFiles()).parse(text, "/nowhere/rsyslog.conf"), found);
    return 0;
}
