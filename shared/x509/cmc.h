#pragma once

#include "shared/base/clock.h"
#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::x509 {

namespace oid {
inline constexpr std::string_view data = "1.2.840.113549.1.7.1";
inline constexpr std::string_view cmcPkiData = "1.3.6.1.5.5.7.12.2";
inline constexpr std::string_view cmcPkiResponse = "1.3.6.1.5.5.7.12.3";
} // namespace oid

// What the PKIResponse of a CMC full response says (RFC 5272 3.2, 6.1.1, with Microsoft's control
// for the hash of the certificate: MS-WCCE 2.2.2.8.1).
struct CmcStatus {
    enum class Kind : int { Issued = 0, Failed = 2, Pending = 3 };
    struct Pend {
        Bytes token; // opaque
        TimePoint time;
        friend bool operator==(const Pend&, const Pend&) = default;
    };
    Kind kind = Kind::Failed;
    std::string message;                  // statusString; when read: foreign text
    std::optional<Bytes> certificateSha1; // of the end-entity certificate; only with Issued
    std::optional<Pend> pend;             // only with Pending
    friend bool operator==(const CmcStatus&, const CmcStatus&) = default;
};

// DER of the PKIResponse, byte for byte as AD CS writes it.
Result<Bytes> encodeCmcStatus(const CmcStatus& status);
// InvalidInput without exactly one statusInfo control, for another status, or for trailing bytes.
Result<CmcStatus> decodeCmcStatus(std::string_view der);

} // namespace perennial::x509
