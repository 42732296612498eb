// Java key stores from foreign hands.
#include "shared/x509/java_key_store.h"

#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    const auto store = x509::readJavaKeyStore(input);
    if (!store) return 0;
    std::size_t held = 0;
    for (const auto& entry : store->entries) {
        if (!isValidUtf8(entry.alias)) std::abort();
        for (const auto& certificate : entry.certificates) {
            held += certificate.toDer().size();
            if (input.find(certificate.toDer()) == std::string_view::npos) std::abort();
        }
    }
    if (held > size) std::abort();
    return 0;
}
