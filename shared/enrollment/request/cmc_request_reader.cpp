#include "shared/enrollment/request/request_parts.h"
#include "shared/x509/cmc_request.h"

#include <algorithm>
#include <array>

namespace perennial::enrollment::request {

namespace {

using x509::Certificate;
using x509::CmsSigner;
using x509::SigningRequest;

Rejected invalid(std::string reason) { return {HResult::InvalidData, std::move(reason)}; }

// Attributes that only tell where a request comes from: Windows puts them into the wrapper when it
// may not change the PKCS#10.
constexpr std::array<std::string_view, 3> passedOver{
    "1.3.6.1.4.1.311.13.2.3", // OS version
    "1.3.6.1.4.1.311.13.2.2", // CSP provider
    "1.3.6.1.4.1.311.21.20",  // client information
};

std::optional<Rejected> readAdded(const Bytes& value, Attributes& attributes)
{
    const auto added = x509::addedAttributesFromDer(value);
    if (!added) return invalid(added.error().message);
    for (const auto& one : *added) {
        if (one.oid == x509::oid::encryptedKeyHash || one.oid == x509::oid::archivedKey)
            return archivalRefused();
        if (one.oid == x509::oid::nameValuePair) {
            if (auto rejected = addPairs(one.values, attributes)) return rejected;
            continue;
        }
        const bool harmless =
            std::find(passedOver.begin(), passedOver.end(), one.oid) != passedOver.end();
        if (!harmless)
            return invalid("attribute " + toPrintable(one.oid, 64) +
                           " beside the PKCS#10 is not accepted: put it into the PKCS#10");
    }
    return std::nullopt;
}

std::optional<Rejected> readControl(const x509::AttributeValues& control, Attributes& attributes)
{
    if (control.oid == x509::oid::encryptedKeyHash) return archivalRefused();
    // Told back by a CA that keeps transactions (RFC 5272 6.6); this one answers at once.
    if (control.oid == x509::oid::cmcTransactionId || control.oid == x509::oid::cmcSenderNonce)
        return std::nullopt;
    if (control.oid == x509::oid::cmcAddExtensions)
        return invalid("extensions beside the PKCS#10 are not accepted: put them into the PKCS#10");
    const bool regInfo = control.oid == x509::oid::cmcRegInfo;
    if (!regInfo && control.oid != x509::oid::cmcAddAttributes)
        return invalid("CMC control " + toPrintable(control.oid, 64) + " is not supported");
    for (const Bytes& value : control.values) {
        if (!regInfo) {
            if (auto rejected = readAdded(value, attributes)) return rejected;
            continue;
        }
        const auto text = x509::regInfoFromDer(value);
        if (!text) return invalid(text.error().message);
        if (auto rejected = addRegInfo(*text, attributes)) return rejected;
    }
    return std::nullopt;
}

// What the signatures of a message show.
struct Signatures {
    bool byRequestKey = false; // possession of the new key is proven
    std::vector<Certificate> certificates;
};

Rejected badSignature(const Error& error) { return {HResult::BadSignature, error.message}; }

bool namesKeyOf(const Bytes& identifier, const SigningRequest& request)
{
    if (identifier == request.keyIdentifier()) return true;
    // A client may choose another identifier, and then asks for it as an extension.
    const auto asked = request.extension(x509::oid::subjectKeyIdentifier);
    return asked && asked->size() > 2 && asked->substr(2) == identifier;
}

std::optional<Rejected> checkSigner(const x509::CmsMessage& message, std::size_t at,
    const CmsSigner& signer, const SigningRequest& request, Signatures& found)
{
    if (!signer.signs) {
        const auto checked = message.verifyNoSignature(at);
        return checked ? std::nullopt : std::optional(badSignature(checked.error()));
    }
    if (signer.keyIdentifier) {
        if (!namesKeyOf(*signer.keyIdentifier, request))
            return Rejected{
                HResult::BadSignature, "the CMC signer's key is not the key of the request"};
        const auto checked = message.verifyByKey(at, request.publicKeyDer());
        if (!checked) return badSignature(checked.error());
        found.byRequestKey = true;
        return std::nullopt;
    }
    auto certificate = message.verifySigner(at);
    if (!certificate) return badSignature(certificate.error());
    if (certificate->publicKeyDer() == request.publicKeyDer()) found.byRequestKey = true;
    found.certificates.push_back(*std::move(certificate));
    return std::nullopt;
}

std::optional<Rejected> checkSigners(const x509::CmsMessage& message, const SigningRequest& request,
    Attributes& attributes, Signatures& found)
{
    const auto signers = message.signers();
    if (signers.empty()) return Rejected{HResult::NoSigner, "CMC message without a signer"};
    if (signers.size() > signerLimit) return tooManySigners();
    for (std::size_t at = 0; at < signers.size(); ++at) {
        const auto& hidden = signers[at].unsignedAttributes;
        if (std::find(hidden.begin(), hidden.end(), x509::oid::archivedKey) != hidden.end())
            return archivalRefused();
        if (auto rejected = addPairs(signers[at], attributes)) return rejected;
        if (auto rejected = checkSigner(message, at, signers[at], request, found)) return rejected;
    }
    if (request.isSelfSigned()) return std::nullopt;
    if (found.byRequestKey && request.isNullSigned()) return std::nullopt;
    return Rejected{HResult::BadSignature,
        "neither the request nor the message around it is signed by the request's key"};
}

} // namespace

ReadRequest readCmcRequest(const x509::CmsMessage& message)
{
    const auto& cms = message.content();
    const auto data = x509::decodePkiData(cms.content);
    if (!data) return unreadable(cms.content, data.error());
    if (data->requests.size() != 1 || data->otherRequests != 0 || data->enclosedMessages != 0)
        return invalid("a CMC request must hold one PKCS#10 and nothing else to certify");
    Attributes attributes;
    for (const auto& control : data->controls) {
        if (auto rejected = readControl(control, attributes)) return *std::move(rejected);
    }
    auto inner = parsePkcs10(data->requests.front().pkcs10);
    if (auto* rejected = std::get_if<Rejected>(&inner)) return std::move(*rejected);
    auto& request = std::get<SigningRequest>(inner);
    auto rejected = addPairs(request.attributeValues(x509::oid::nameValuePair), attributes);
    if (rejected) return *std::move(rejected);

    Signatures found;
    rejected = checkSigners(message, request, attributes, found);
    if (rejected) return *std::move(rejected);
    auto old = findOldCertificate(request, cms.certificates);
    if (old.rejected) return *std::move(old.rejected);
    const auto& signers = found.certificates;
    if (!old.certificate) {
        auto others = othersThan(request, found.certificates);
        return NewRequest{std::move(request), std::move(others), std::move(attributes)};
    }
    if (signers.empty())
        return Rejected{HResult::NoSigner, "the renewal is not signed by the old certificate"};
    if (std::find(signers.begin(), signers.end(), *old.certificate) == signers.end())
        return badRenewal("the renewal is not signed by the old certificate that it names");
    return RenewalRequest{std::move(request), *std::move(old.certificate), std::move(attributes)};
}

} // namespace perennial::enrollment::request
