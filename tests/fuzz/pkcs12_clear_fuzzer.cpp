// PKCS#12 from foreign hands, read without a password, and encrypted keys in DER, with one.
#include "shared/x509/pkcs12_clear.h"
#include "shared/x509/private_key.h"

#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    if (const auto parts = x509::readClearParts(input)) {
        if (parts->keyPins.size() > parts->keys) std::abort();
        if (!x509::beginsLikePkcs12(input)) std::abort();
    }
    const Secret password("s");
    if (size <= x509::PrivateKey::sizeLimit)
        static_cast<void>(x509::PrivateKey::fromDer(Secret(std::string(input)), &password));
    return 0;
}
