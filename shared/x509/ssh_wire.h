#pragma once

#include "shared/base/encoding.h"

#include <cstdint>
#include <string_view>

namespace perennial::x509 {

// The data types of RFC 4251 5, taken from the front. The first thing that does not fit is kept;
// from then on everything is empty.
class SshReader {
public:
    explicit SshReader(std::string_view bytes) : rest_(bytes) {}

    std::string_view bytes(std::size_t count)
    {
        if (failed_ || count > rest_.size()) {
            failed_ = true;
            return {};
        }
        const auto taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    std::uint32_t number()
    {
        std::uint32_t value = 0;
        for (const char c : bytes(4))
            value = value << 8U | static_cast<unsigned char>(c);
        return value;
    }
    std::string_view string() { return bytes(number()); }
    // A number above 0 in its shortest form, without the sign's octet.
    std::string_view positive()
    {
        auto value = string();
        const auto top = [&](std::size_t at) { return static_cast<unsigned char>(value[at]); };
        if (value.empty() || (top(0) & 0x80U) != 0 ||
            (top(0) == 0 && (value.size() < 2 || (top(1) & 0x80U) == 0))) {
            failed_ = true;
            return {};
        }
        if (top(0) == 0) value.remove_prefix(1);
        return value;
    }
    bool ended() const { return !failed_ && rest_.empty(); }
    bool failed() const { return failed_; }

private:
    std::string_view rest_;
    bool failed_ = false;
};

inline void putSshNumber(Bytes& out, std::size_t value)
{
    for (const unsigned shift : {24U, 16U, 8U, 0U})
        out += static_cast<char>(value >> shift & 0xffU);
}
inline void putSshString(Bytes& out, std::string_view value)
{
    putSshNumber(out, value.size());
    out += value;
}

} // namespace perennial::x509
