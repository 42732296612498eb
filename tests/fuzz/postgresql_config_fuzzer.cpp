#include "plugins/postgresql_discovery/cluster.h"

#include <cstddef>
#include <cstdint>

using namespace perennial;
using namespace perennial::plugins::postgresql;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    Discovery found;
    ConfigLimits limits;
    limits.files = 0; // nothing of the machine it runs on is read
    limits.entries = 0;
    const PosixFileSystem files;
    ConfigReader reader(files, found, limits);
    addCluster(reader.parse(text, "/nowhere/postgresql.conf"), "/nowhere/postgresql.conf",
        "/nowhere/data", found);
    return 0;
}
