#pragma once

#include <string>

namespace perennial::enrollment::server {

// OIDs of extended key usages and application policies, and what they are called.
std::string usageOid(const std::string& word); // "serverAuthentication"; what is no such name stays
std::string usageDisplayName(const std::string& oid); // "Server Authentication"; else the OID
bool looksLikeOid(const std::string& text);

// Usages by which a domain controller or a TLS server takes the holder for somebody.
bool isAuthenticationUsage(const std::string& oid);

namespace usage {
inline constexpr const char* certificateRequestAgent = "1.3.6.1.4.1.311.20.2.1";
} // namespace usage

} // namespace perennial::enrollment::server
