#include "plugins/postgresql_discovery/cluster.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::postgresql;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = fuzz::textOf(data, size);
    Discovery found;
    const auto limits = fuzz::noFiles();
    const PosixFileSystem files;
    ConfigReader reader(files, found, limits);
    addCluster(reader.parse(text, "/nowhere/postgresql.conf"), "/nowhere/postgresql.conf",
        "/nowhere/data", found);
    return 0;
}
