#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <string_view>
#include <vector>

namespace perennial::x509 {

// The DER of every "-----BEGIN <label>-----" block, in order, at most `limit` (RFC 7468). Text
// between blocks and blocks of other labels are passed over undecoded, so a private key beside is
// not touched.
Result<std::vector<Bytes>> pemBlocks(
    std::string_view text, std::string_view label, std::size_t limit);
// The first one only. NotFound without any.
Result<Bytes> firstPemBlock(std::string_view text, std::string_view label);

// The first block whose label ends in "PRIVATE KEY", undecoded and with its lines; empty without
// one.
std::string_view privateKeyBlock(std::string_view text);

std::string pemText(std::string_view der, std::string_view label); // lines of 64

} // namespace perennial::x509
