#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/base/secret.h"

#include <string_view>

struct evp_md_st;

namespace perennial::x509 {

Bytes digest(const evp_md_st* algorithm, std::string_view bytes); // of one of OpenSSL's own
Bytes sha256(std::string_view bytes);
Bytes sha1(std::string_view bytes); // only where a protocol names it (CMC, key identifiers)
std::string sha256Hex(std::string_view bytes);
Bytes hmacSha256(std::string_view key, std::string_view bytes);
bool equalInConstantTime(std::string_view a, std::string_view b);

// "scrypt$<log2 N>$<r>$<p>$<salt base64>$<hash base64>" (RFC 7914)
std::string hashPassword(const Secret& password);
bool passwordMatches(const Secret& password, std::string_view hash); // false for a malformed hash

} // namespace perennial::x509
