#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace perennial::enrollment::server {

// The four flag words of a template (MS-CRTD 2.26, 2.27, 2.28 and 2.4).
struct TemplateFlags {
    std::uint32_t enrollment = 0;
    std::uint32_t privateKey = 0;
    std::uint32_t subjectName = 0;
    std::uint32_t general = 0;
    friend bool operator==(const TemplateFlags&, const TemplateFlags&) = default;
};

// Flags of MS-CRTD that a template file says with keys of their own.
namespace crtd {
inline constexpr std::uint32_t pendAllRequests = 0x2;
inline constexpr std::uint32_t autoEnrollment = 0x20;
inline constexpr std::uint32_t previousApproval = 0x40;
inline constexpr std::uint32_t addOcspNoCheck = 0x1000;
inline constexpr std::uint32_t basicConstraints = 0x8000;
inline constexpr std::uint32_t keyBasedRenewal = 0x10000;
inline constexpr std::uint32_t noSecurityExtension = 0x80000;

inline constexpr std::uint32_t exportableKey = 0x10;
inline constexpr std::uint32_t sameKeyRenewal = 0x80;

inline constexpr std::uint32_t subjectSupplied = 0x1;
inline constexpr std::uint32_t namesFromOldCertificate = 0x8;
inline constexpr std::uint32_t alternativeUpn = 0x2000000;
inline constexpr std::uint32_t alternativeEmail = 0x4000000;
inline constexpr std::uint32_t alternativeDns = 0x8000000;
inline constexpr std::uint32_t dnsAsCommonName = 0x10000000;
inline constexpr std::uint32_t emailInSubject = 0x20000000;
inline constexpr std::uint32_t commonName = 0x40000000;

inline constexpr std::uint32_t generalAutoEnrollment = 0x20;
inline constexpr std::uint32_t machineType = 0x40;
inline constexpr std::uint32_t addTemplateName = 0x200;
} // namespace crtd

// Sets the flag of Microsoft's name, as `flags` of a template file has it: "EXPORTABLE_KEY". Empty
// when that is done; otherwise why not: no such name, a flag that has a key of its own, or one that
// this service cannot keep to.
std::string setFlag(TemplateFlags& flags, std::string_view name);

} // namespace perennial::enrollment::server
