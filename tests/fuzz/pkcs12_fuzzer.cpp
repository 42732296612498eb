// PKCS#12 files from foreign hands; what is read of one can be written and read again.
#include "shared/x509/pkcs12.h"

#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    const Secret password("word");
    const auto read = x509::readPkcs12(input, password, 20'000);
    if (!read) return 0;
    if (!x509::isPkcs12(input)) std::abort();
    for (const auto& entry : read->keys) {
        if (entry.chain.empty()) continue;
        const auto written = x509::writePkcs12(entry.alias, entry.key, entry.chain, password);
        if (!written) std::abort();
        const auto again = x509::readPkcs12(*written, password);
        if (!again || again->keys.front().alias != entry.alias) std::abort();
        if (!(again->keys.front().chain == entry.chain)) std::abort();
    }
    return 0;
}
