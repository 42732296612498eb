#include "plugins/mariadb_discovery/server_pair.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::mariadb;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto text = fuzz::textOf(data, size);
    Discovery found;
    const PosixFileSystem files;
    OptionReader reader(files, found, {"mariadb-10.11"}, fuzz::noFiles());
    addServer(reader.parse(text, "/nowhere/my.cnf"), found);
    return 0;
}
