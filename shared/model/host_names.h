#pragma once

#include <string>
#include <string_view>

namespace perennial::model {

// A DNS name of RFC 1123 with '_' as Windows hosts have it: labels of 1 to 63, at most 253 bytes.
bool isHostName(std::string_view name);

// `name` is "web1.example.test", without "dns:"; letter case does not matter. A pattern has one
// leading "*." at most, which stands for exactly one label.
bool nameMatches(const std::string& pattern, const std::string& name);

} // namespace perennial::model
