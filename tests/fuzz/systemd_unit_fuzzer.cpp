#include "plugins/systemd_discovery/credentials.h"
#include "tests/fuzz/config_text.h"

using namespace perennial;
using namespace perennial::plugins::systemd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Credentials credentials(unitNameOf("web-front@blue.service"));
    for (const auto& line : credentialLines(fuzz::textOf(data, size)))
        (void)credentials.take(line, "/nowhere/web.service");
    return 0;
}
