#pragma once

#include "shared/base/encoding.h"

#include <string_view>
#include <vector>

// DER by hand, for messages that no program writes.
namespace perennial::test {

inline Bytes tlv(unsigned char tag, std::string_view content)
{
    Bytes der(1, static_cast<char>(tag));
    const auto size = content.size();
    if (size >= 0x100U) {
        der += '\x82';
        der += static_cast<char>(size >> 8U);
    } else if (size >= 0x80U) {
        der += '\x81';
    }
    der += static_cast<char>(size & 0xFFU);
    return der.append(content);
}

// The elements inside a constructed one.
inline std::vector<Bytes> parts(std::string_view der)
{
    const auto end = [&](std::size_t at, bool header) {
        std::size_t size = static_cast<unsigned char>(der[at + 1]);
        std::size_t first = at + 2;
        if (size > 0x80U) {
            const std::size_t octets = size & 0x7FU;
            size = 0;
            for (std::size_t i = 0; i < octets; ++i)
                size = (size << 8U) | static_cast<unsigned char>(der[first++]);
        }
        return header ? first : first + size;
    };
    std::vector<Bytes> found;
    for (std::size_t at = end(0, true); at < der.size(); at = end(at, false))
        found.emplace_back(der.substr(at, end(at, false) - at));
    return found;
}

inline Bytes hex(std::string_view digits) { return fromHex(digits).value(); }

} // namespace perennial::test
