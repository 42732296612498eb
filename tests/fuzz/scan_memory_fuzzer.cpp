// What the scanner remembers between two scans, damaged. The digest at its end is set right, or no
// change would get past it.
#include "plugins/files_discovery/scan_memory.h"
#include "shared/x509/digest.h"

#include <cstdlib>

using namespace perennial;
using namespace perennial::plugins::files;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string body(reinterpret_cast<const char*>(bytes), size);
    auto memory = ScanMemory::fromText(body + x509::sha256(body), "");
    static_cast<void>(memory.heldNothing(1));
    static_cast<void>(memory.contentOf(1));
    const auto again = ScanMemory::fromText(memory.toText(""), "");
    if (memory.toText("") != again.toText("") && !again.empty()) {
        auto third = ScanMemory::fromText(again.toText(""), "");
        if (!third.empty()) std::abort();
    }
    return 0;
}
