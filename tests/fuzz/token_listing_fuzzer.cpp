#include "plugins/pkcs11_discovery/pkcs11_discovery.h"
#include "shared/model/token_uri.h"

#include <cstdint>
#include <cstdlib>

using namespace perennial;

// What a process says in which a foreign module ran, and URIs of configurations.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto uri = model::parseTokenUri(text)) {
        const auto again = model::parseTokenUri(uri->text());
        if (again && !(*again == *uri)) std::abort();
    }
    const auto listing = model::tokenListingFromJson(text);
    if (!listing) return 0;
    const auto found = plugins::placesOf(*listing, "/module.so", "web");
    for (const auto& place : found.places) {
        if (!model::parseTokenUri(place.place.keyPath)) std::abort();
    }
    return 0;
}
