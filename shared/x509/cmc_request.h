#pragma once

#include "shared/x509/request_attributes.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace perennial::x509 {

namespace oid {
inline constexpr std::string_view cmcAddExtensions = "1.3.6.1.5.5.7.7.8";
inline constexpr std::string_view cmcTransactionId = "1.3.6.1.5.5.7.7.5";
inline constexpr std::string_view cmcSenderNonce = "1.3.6.1.5.5.7.7.6";
inline constexpr std::string_view cmcRegInfo = "1.3.6.1.5.5.7.7.18";
inline constexpr std::string_view cmcAddAttributes = "1.3.6.1.4.1.311.10.10.1";
inline constexpr std::string_view encryptedKeyHash = "1.3.6.1.4.1.311.21.21";
inline constexpr std::string_view archivedKey = "1.3.6.1.4.1.311.21.13";
} // namespace oid

// The PKIData of a CMC full request (RFC 5272 3.2.1), as far as enrolment uses it.
struct PkiData {
    struct Request {
        std::uint32_t bodyPartId = 1;
        Bytes pkcs10; // DER as it came, not parsed
    };
    std::vector<AttributeValues> controls;
    std::vector<Request> requests;
    std::size_t otherRequests = 0;    // CRMF and others: counted, not read
    std::size_t enclosedMessages = 0; // of cmsSequence and otherMsgSequence: counted, not read
};

Result<PkiData> decodePkiData(std::string_view der);
// Body parts are numbered: the request has its own number, the controls those after it.
Result<Bytes> encodePkiData(const PkiData& data);

// id-cmc-regInfo: the OCTET STRING's content.
Result<Bytes> regInfoFromDer(std::string_view der);
Result<Bytes> regInfoToDer(std::string_view text);

// The attributes of Microsoft's control 1.3.6.1.4.1.311.10.10.1 (MS-WCCE 2.2.2.8.1).
Result<std::vector<AttributeValues>> addedAttributesFromDer(std::string_view der);

} // namespace perennial::x509
