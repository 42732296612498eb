#pragma once

#include "shared/plugin_api/discovery_source.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::openldap {

struct Attribute {
    std::string name; // in lower case, with its options: "olctlscertificate;binary"
    std::string value;
    int line = 0;
};

// The first entry of an LDIF file (RFC 2849) as slapd keeps one entry in one file: folded lines
// are joined, base64 is decoded. What is wrong in a line is told in `found.skipped` with `file` and
// the line, and passed over.
std::vector<Attribute> firstEntryOf(
    std::string_view text, const std::string& file, Discovery& found);

} // namespace perennial::plugins::openldap
