#include "shared/x509/revocation_list.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial;

// What a relay fetches over HTTP: whatever is read can be asked everything, and is what came.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto list = x509::RevocationList::fromDer(input);
    if (!list) return 0;
    if (list->toDer() != input) std::abort();
    if (list->toPem().find("BEGIN X509 CRL") == std::string::npos) std::abort();
    if (list->thisUpdate() == TimePoint{} && list->nextUpdate() == TimePoint{}) return 0;
    (void)list->number();
    (void)list->baseNumber();
    (void)list->isPartial();
    (void)list->issuerDer();
    for (const auto& entry : list->revoked()) {
        if (entry.serial.empty()) std::abort();
        if (x509::reasonFromName(x509::nameOf(entry.reason)) != entry.reason) std::abort();
    }
    return 0;
}
