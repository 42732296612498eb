#include "shared/base/encoding.h"
#include "shared/base/json.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using perennial::Json;
using perennial::JsonReader;

// What was read must be written in one form only, read back as the same value, and be UTF-8.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto json = Json::parse({reinterpret_cast<const char*>(data), size});
    if (!json) return 0;
    const std::string canonical = json->canonical();
    const auto again = Json::parse(canonical, {.bytes = canonical.size()});
    if (!again || *again != *json || again->canonical() != canonical) std::abort();
    const auto pretty = Json::parse(json->pretty(), {.bytes = canonical.size() * 70 + 70});
    if (!pretty || *pretty != *json) std::abort();
    if (!perennial::isValidUtf8(canonical)) std::abort();

    JsonReader in(*json, "fuzz");
    (void)in.optionalString("a");
    (void)in.optionalStrings("b");
    (void)in.optionalInteger("c", 0);
    (void)in.stringMap("d");
    (void)in.finish();
    return 0;
}
