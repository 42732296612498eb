// The WWW-Authenticate field of a 401.
#include "plugins/ces_issuer/negotiation.h"

#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(bytes), size);
    const auto found = plugins::negotiateIn(text);
    if (!found) return 0;
    if (found->size() + std::string("negotiate").size() > size) std::abort();
    // Read once more alone, it is the same.
    const auto again = plugins::negotiateIn("Negotiate " + *found);
    if (again != found) std::abort();
    return 0;
}
