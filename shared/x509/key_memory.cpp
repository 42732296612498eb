#include "shared/x509/key_memory.h"

#include <openssl/crypto.h>

namespace perennial::x509 {

namespace {

constexpr std::size_t smallestPart = 64; // bytes

} // namespace

bool lockKeyMemory(std::size_t size)
{
    // Pages are locked as they are used: an idle program pays for none.
    return CRYPTO_secure_malloc_initialized() == 0 &&
           CRYPTO_secure_malloc_init(size, smallestPart) == 1;
}

} // namespace perennial::x509
