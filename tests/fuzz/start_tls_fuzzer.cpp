// What a server says before TLS, in pieces, in every protocol.

#include "shared/tls/start_tls.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2) return 0;
    constexpr const char* protocols[] = {"smtp", "imap", "pop3", "postgresql", "ldap", "mysql"};
    tls::StartTls talk(protocols[data[0] % 6]);
    const std::size_t step = 1U + data[1];
    std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
    while (!rest.empty() && !talk.granted()) {
        const auto piece = rest.substr(0, step);
        rest.remove_prefix(piece.size());
        (void)talk.takeOutput();
        const auto heard = talk.hear(piece);
        if (!heard && talk.granted()) std::abort(); // refused, and yet allowed
        if (!heard) return 0;
    }
    return 0;
}
