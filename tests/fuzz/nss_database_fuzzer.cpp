// Databases of NSS from foreign hands: both readers get the same bytes.
#include "shared/nss/nss_database.h"

#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    const std::string before(input);
    if (const auto stored = nss::readCertificates(input)) {
        for (const auto& [nickname, keyId, certificate] : stored->certificates) {
            if (!isValidUtf8(nickname) || nickname.size() > 255) std::abort();
            if (certificate.toDer().empty()) std::abort();
        }
    }
    if (const auto ids = nss::readKeyIds(input)) {
        for (const auto& id : *ids)
            if (id.empty()) std::abort();
    }
    if (before != input) std::abort(); // it is never written to
    return 0;
}
