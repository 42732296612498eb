#include "shared/enrollment/request/request_parts.h"

#include "shared/x509/cmc_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace perennial::enrollment::request {

namespace {

constexpr std::size_t attributeLimit = 64;

// MS-WCCE 3.2.1.4.2.1.4.1.1: more than one value of these is refused; the CA does not read them.
constexpr std::array<std::string_view, 2> singleValued{
    "1.3.6.1.4.1.311.13.2.3", // OS version
    "1.3.6.1.4.1.311.13.2.2", // CSP provider
};

// The outermost DER length says more than there is.
bool isCutOff(std::string_view der)
{
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(der[at]); };
    if (der.size() < 2) return true;
    std::size_t header = 2;
    std::size_t length = byte(1);
    if (length > 0x80U) {
        const std::size_t octets = length & 0x7FU;
        if (octets > 4) return false;
        header += octets;
        if (der.size() < header) return true;
        length = 0;
        for (std::size_t i = 2; i < header; ++i)
            length = (length << 8U) | byte(i);
    }
    return der.size() - header < length;
}

bool isClean(std::string_view text)
{
    return isValidUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20U || c == '\x7F';
    });
}

std::optional<Rejected> add(x509::NameValue pair, Attributes& attributes)
{
    if (pair.name.empty() || !isClean(pair.name) || !isClean(pair.value))
        return Rejected{HResult::InvalidData,
            "a request attribute without a name, or with characters that are no text"};
    if (attributes.size() == attributeLimit)
        return Rejected{HResult::InvalidData, "more than 64 request attributes"};
    attributes.push_back(std::move(pair));
    return std::nullopt;
}

// Unset when an escape is not %XX.
std::optional<std::string> percentDecoded(std::string_view text)
{
    std::string decoded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        unsigned octet = 0;
        const auto digits = text.substr(at + 1, 2);
        const auto* end = digits.data() + digits.size();
        const auto parsed = std::from_chars(digits.data(), end, octet, 16);
        if (digits.size() != 2 || parsed.ec != std::errc() || parsed.ptr != end)
            return std::nullopt;
        decoded += static_cast<char>(octet);
        at += 2;
    }
    return decoded;
}

} // namespace

Rejected unreadable(std::string_view der, const Error& error)
{
    return {isCutOff(der) ? HResult::Asn1EndOfData : HResult::Asn1BadTag, error.message};
}

Rejected badRenewal(std::string reason)
{
    return {HResult::BadRenewalCertificateAttribute, std::move(reason)};
}

Rejected archivalRefused()
{
    return {HResult::KeyArchivalNotConfigured,
        "the request carries a private key to archive, and this CA archives none"};
}

Rejected tooManySigners()
{
    return {HResult::InvalidData,
        "a message with more than " + std::to_string(signerLimit) + " signers"};
}

std::vector<x509::Certificate> othersThan(
    const x509::SigningRequest& request, const std::vector<x509::Certificate>& signers)
{
    std::vector<x509::Certificate> others;
    std::copy_if(signers.begin(), signers.end(), std::back_inserter(others),
        [&](const auto& signer) { return signer.publicKeyDer() != request.publicKeyDer(); });
    return others;
}

std::variant<x509::SigningRequest, Rejected> parsePkcs10(std::string_view der)
{
    auto request = x509::SigningRequest::fromDer(der);
    if (!request) return unreadable(der, request.error());
    for (const std::string& oid : request->attributeOids()) {
        if (oid == x509::oid::archivedKey || oid == x509::oid::encryptedKeyHash)
            return archivalRefused();
    }
    for (const std::string_view oid : singleValued) {
        if (request->attributeValues(oid).size() > 1)
            return Rejected{HResult::InvalidData,
                "attribute " + std::string(oid) + " of the request has several values"};
    }
    return *std::move(request);
}

OldCertificate findOldCertificate(
    const x509::SigningRequest& request, const std::vector<x509::Certificate>& enclosed)
{
    const auto values = request.attributeValues(x509::oid::renewalCertificate);
    if (values.empty()) return {};
    if (values.size() != 1)
        return {std::nullopt, badRenewal("the renewal names more than one old certificate")};
    const auto old = std::find_if(enclosed.begin(), enclosed.end(),
        [&](const x509::Certificate& one) { return one.toDer() == values.front(); });
    if (old == enclosed.end())
        return {std::nullopt, badRenewal("the old certificate is not in the CMS message")};
    return {*old, std::nullopt};
}

std::optional<Rejected> addPairs(const std::vector<Bytes>& values, Attributes& attributes)
{
    for (const Bytes& value : values) {
        auto pair = x509::nameValueFromDer(value);
        if (!pair) return Rejected{HResult::InvalidData, pair.error().message};
        if (auto rejected = add(*std::move(pair), attributes)) return rejected;
    }
    return std::nullopt;
}

std::optional<Rejected> addPairs(const x509::CmsSigner& signer, Attributes& attributes)
{
    for (const auto& attribute : signer.signedAttributes) {
        if (attribute.oid != x509::oid::nameValuePair) continue;
        if (auto rejected = addPairs(attribute.values, attributes)) return rejected;
    }
    return std::nullopt;
}

std::optional<Rejected> addRegInfo(std::string_view text, Attributes& attributes)
{
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const auto part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (part.empty()) continue;
        const auto equals = part.find('=');
        if (equals == std::string_view::npos)
            return Rejected{HResult::InvalidData, "a RegInfo that is not Name=Value&Name=Value"};
        const std::string raw(part.substr(equals + 1));
        x509::NameValue pair{
            std::string(part.substr(0, equals)), percentDecoded(raw).value_or(raw)};
        if (auto rejected = add(std::move(pair), attributes)) return rejected;
    }
    return std::nullopt;
}

} // namespace perennial::enrollment::request
