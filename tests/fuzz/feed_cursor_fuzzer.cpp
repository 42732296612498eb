// Cursors of the audit feed, from whoever calls it.
#include "controller/audit/feed.h"

#include <cstdlib>

using namespace perennial;
using namespace perennial::controller;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    constexpr std::string_view secret = "a secret";
    if (const auto cursor = decodeCursor(input, secret))
        if (encodeCursor(*cursor, secret) != input) std::abort();
    if (size < 24) return 0;
    const FeedCursor made{Bytes(input.substr(0, 16)), static_cast<std::int64_t>(bytes[16])};
    const auto text = encodeCursor(made, secret);
    const auto back = decodeCursor(text, secret);
    if (!back || back->logId != made.logId || back->sequence != made.sequence) std::abort();
    if (decodeCursor(text, "another secret")) std::abort();
    return 0;
}
