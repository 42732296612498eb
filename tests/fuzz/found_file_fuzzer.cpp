// Whole files of any form, as the walk over folders meets them.
#include "plugins/files_discovery/sorting.h"

#include <cstdlib>

using namespace perennial;
using namespace perennial::plugins::files;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    const auto look = lookAtBlock(input.substr(0, firstBlock), size);
    const auto content = contentOf(input, nullptr);
    // What the first look passes over holds no certificate, unless it is hidden behind a zero byte.
    if (look == FirstLook::Nothing && !content.certificates.empty() &&
        input.find('\0') == std::string_view::npos)
        std::abort();
    Discovery found;
    sortOut({{"/a", size, &content}}, found);
    for (const auto& one : found.found) {
        if (one.certificate && one.certificate->fingerprint.empty()) std::abort();
        if (one.reason.empty()) std::abort();
    }
    return 0;
}
