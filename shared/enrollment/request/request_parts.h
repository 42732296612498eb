#pragma once

#include "shared/enrollment/request/certificate_request.h"
#include "shared/x509/cms.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What the readers of PKCS#10, CMS and CMC requests have in common.
namespace perennial::enrollment::request {

Rejected unreadable(std::string_view der, const Error& error); // cut off, or wrong
Rejected badRenewal(std::string reason);

// Parsed, whoever signed it. Rejected for what no request may hold: a key to archive, an attribute
// of Microsoft's with several values where one is allowed.
std::variant<x509::SigningRequest, Rejected> parsePkcs10(std::string_view der);

// The certificate that attribute 13.1 names, which must be among those of the message. Unset for a
// new request.
struct OldCertificate {
    std::optional<x509::Certificate> certificate;
    std::optional<Rejected> rejected;
};
OldCertificate findOldCertificate(
    const x509::SigningRequest& request, const std::vector<x509::Certificate>& enclosed);

// Adds the pairs of name/value attributes, wherever they stand. 0x8007000D for what is no pair, is
// not printable, or is one too many.
using Attributes = std::vector<x509::NameValue>;
std::optional<Rejected> addPairs(const std::vector<Bytes>& values, Attributes& attributes);
std::optional<Rejected> addPairs(const x509::CmsSigner& signer, Attributes& attributes);
// "Name=Value&Name=Value" (RFC 5272 6.12 leaves the text to the CA; MS-WCCE 2.2.2.6.3): a value is
// percent-decoded when all its escapes are valid and taken as it is otherwise.
std::optional<Rejected> addRegInfo(std::string_view text, Attributes& attributes);

Rejected archivalRefused();

inline constexpr std::size_t signerLimit = 5;
Rejected tooManySigners();
// Those whose key is not the request's own.
std::vector<x509::Certificate> othersThan(
    const x509::SigningRequest& request, const std::vector<x509::Certificate>& signers);

ReadRequest readCmcRequest(const x509::CmsMessage& message);

} // namespace perennial::enrollment::request
