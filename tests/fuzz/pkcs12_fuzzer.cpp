// PKCS#12 files from foreign hands: whatever is accepted is whole.
#include "shared/x509/pkcs12.h"

#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    const auto read = x509::readPkcs12(input, Secret("word"), 2'000);
    if (!read) return 0;
    if (!x509::isPkcs12(input)) std::abort();
    for (const auto& entry : read->keys) {
        if (toPrintable(entry.alias) != entry.alias) std::abort();
        if (!entry.chain.empty() && !entry.key.matches(entry.chain.front())) std::abort();
        for (std::size_t at = 1; at < entry.chain.size(); ++at)
            if (!entry.chain[at - 1].isSignedBy(entry.chain[at])) std::abort();
    }
    for (const auto& other : read->others)
        if (toPrintable(other.alias) != other.alias) std::abort();
    return 0;
}
