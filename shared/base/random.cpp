#include "shared/base/random.h"

#include <cerrno>
#include <cstdlib>
#include <sys/random.h>

namespace perennial {

namespace {

// RFC 9562 section 4: 8-4-4-4-12, with the version and the variant in their places.
std::string uuidText(Bytes bytes, unsigned version)
{
    const auto set = [&bytes](std::size_t index, unsigned keep, unsigned bits) {
        const auto old = static_cast<unsigned char>(bytes[index]);
        bytes[index] = static_cast<char>((old & keep) | bits);
    };
    set(6, 0x0FU, version << 4U);
    set(8, 0x3FU, 0x80U);
    const std::string hex = toHex(bytes);
    return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" +
           hex.substr(16, 4) + "-" + hex.substr(20);
}

} // namespace

Bytes randomBytes(std::size_t count)
{
    Bytes bytes(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
        const ssize_t got = ::getrandom(bytes.data() + filled, count - filled, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) std::abort(); // going on with guessable bytes would be worse
        filled += static_cast<std::size_t>(got);
    }
    return bytes;
}

std::string uuidV7(PreciseTime now)
{
    Bytes bytes = randomBytes(16);
    auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
    for (std::size_t index = 6; index-- > 0; milliseconds >>= 8U)
        bytes[index] = static_cast<char>(milliseconds & 0xFFU);
    return uuidText(std::move(bytes), 7);
}

std::string uuidV4() { return uuidText(randomBytes(16), 4); }

} // namespace perennial
