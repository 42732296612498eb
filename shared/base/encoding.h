#pragma once

#include "shared/base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace perennial {

// Bytes travel as std::string throughout: DER, digests, bodies.
using Bytes = std::string;

std::string toHex(std::string_view bytes);      // lower case
std::string toUpperHex(std::string_view bytes); // upper case, as serial numbers are shown
Result<Bytes> fromHex(std::string_view text);

std::string toBase64(std::string_view bytes);    // one line, padded (RFC 4648)
std::string toBase64Url(std::string_view bytes); // unpadded
// Strict RFC 4648 after XML white space (space, tab, CR, LF) is taken out: padding must be right,
// no other character may occur, no bits may be left over.
Result<Bytes> fromBase64(std::string_view text);
Result<Bytes> fromBase64Url(std::string_view text);

bool isValidUtf8(std::string_view text);
// For logs, tables and events: control characters, line separators and bidirectional controls
// become \uXXXX, each broken byte of UTF-8 becomes U+FFFD, and what would make the result longer
// than `limit` bytes is cut and replaced by "...".
std::string toPrintable(std::string_view text, std::size_t limit = 1024);

} // namespace perennial
