#include "shared/rules/issued_certificate_rules.h"

#include "shared/base/encoding.h"
#include "shared/rules/not_wider_rules.h"
#include "shared/x509/certificate_chain.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace perennial::rules {

namespace {

using Input = IssuedCertificateInput;
using Why = std::optional<std::string>;

constexpr Duration clockSkew{5 * 60};
constexpr Duration leastLife{3600};

Why anotherKey(const Input& in)
{
    if (in.issued.publicKeyDer() == in.requestedPublicKey) return std::nullopt;
    return "it is for another public key than the one that was made for it";
}

// RFC 5280 4.1.2.2: positive, at most 20 octets. 40 hex digits that begin with 8 or more need a
// twenty-first octet for the sign.
Why badSerial(const Input& in)
{
    const std::string serial = in.issued.serial();
    const auto first = serial.find_first_not_of('0');
    if (serial.starts_with('-') || first == std::string::npos)
        return "its serial number " + toPrintable(serial, 100) + " is not positive";
    const auto digits = serial.size() - first;
    if (digits > 40 || (digits == 40 && serial[first] >= '8'))
        return "its serial number has more than 20 octets";
    return std::nullopt;
}

Why repeatedSerial(const Input& in)
{
    if (in.issued.serial() != in.old.serial() || in.issued.issuerDer() != in.old.issuerDer())
        return std::nullopt;
    return "it has issuer and serial number " + in.old.serial() + " of the old one";
}

// keyCertSign and cRLSign are bits 5 and 6 of the BIT STRING (RFC 5280 4.2.1.3).
Why authority(const Input& in)
{
    if (in.issued.isAuthority()) return "it is an authority (basicConstraints CA:TRUE)";
    const auto usage = in.issued.extension(x509::oid::keyUsage);
    if (usage && usage->size() > 3 && (static_cast<unsigned char>((*usage)[3]) & 0x06U) != 0)
        return "its key usage allows signing certificates or lists of revoked ones";
    return std::nullopt;
}

Why unknownCritical(const Input& in)
{
    constexpr std::array understood = {x509::oid::keyUsage, x509::oid::subjectAlternativeName,
        x509::oid::basicConstraints, x509::oid::certificatePolicies, x509::oid::extendedKeyUsage,
        x509::oid::applicationPolicies};
    for (const auto& oid : in.issued.extensionOids()) {
        if (!in.issued.isExtensionCritical(oid)) continue;
        if (std::find(understood.begin(), understood.end(), oid) == understood.end())
            return "its critical extension " + oid + " is not understood here";
    }
    return std::nullopt;
}

// Of RSASSA-PSS only the path says which digest it has; it refuses SHA-1.
Why weakSignature(const Input& in)
{
    constexpr std::array<std::string_view, 9> strong = {"sha256WithRSAEncryption",
        "sha384WithRSAEncryption", "sha512WithRSAEncryption", "rsassaPss", "ecdsa-with-SHA256",
        "ecdsa-with-SHA384", "ecdsa-with-SHA512", "ED25519", "ED448"};
    const std::string algorithm = in.issued.signatureAlgorithm();
    if (std::find(strong.begin(), strong.end(), algorithm) != strong.end()) return std::nullopt;
    return "its signature algorithm " + toPrintable(algorithm, 100) + " is not strong enough";
}

Why weakKey(const Input& in)
{
    constexpr std::array<std::string_view, 5> strong = {
        "ec-p256", "ec-p384", "ec-p521", "ed25519", "ed448"};
    const std::string type = in.issued.keyType();
    if (std::find(strong.begin(), strong.end(), type) != strong.end()) return std::nullopt;
    int bits = 0;
    if (type.starts_with("rsa-")) std::from_chars(type.data() + 4, type.data() + type.size(), bits);
    if (bits >= 2048) return std::nullopt;
    return "its key " + toPrintable(type, 100) + " is not strong enough (RSA from 2048 bits)";
}

Why notYetValid(const Input& in)
{
    if (in.issued.notBefore() <= in.now + clockSkew) return std::nullopt;
    return "it is valid only from " + toRfc3339(in.issued.notBefore()) + "; here it is " +
           toRfc3339(in.now);
}

// A short life is a choice of the authority's; one that ends before the old certificate and within
// the hour is a mistake.
Why endsTooSoon(const Input& in)
{
    const TimePoint end = in.issued.notAfter();
    const bool outlasts = end > in.now && end > in.old.notAfter();
    if (outlasts || end >= in.now + leastLife) return std::nullopt;
    return "it ends at " + toRfc3339(end) + "; here it is " + toRfc3339(in.now);
}

// At the first moment it is valid when the authority's clock is ahead by less than the skew.
Why untrusted(const Input& in)
{
    const TimePoint at = std::max(in.now, in.issued.notBefore());
    const auto path = x509::validateChain(in.issued, in.intermediates, in.anchors, at);
    if (path) return std::nullopt;
    return path.error().message;
}

constexpr std::array<IssuedCertificateRule, 19> allRules = {{
    {"another-key", anotherKey},
    {"bad-serial", badSerial},
    {"repeated-serial", repeatedSerial},
    {"authority", authority},
    {"unknown-critical-extension", unknownCritical},
    {"weak-signature", weakSignature},
    {"weak-key", weakKey},
    {"not-yet-valid", notYetValid},
    {"ends-too-soon", endsTooSoon},
    {"untrusted", untrusted},
    {"another-template", anotherTemplate},
    {"another-sid", anotherSid},
    {"another-subject", anotherSubject},
    {"wider-names", widerNames},
    {"names-lost", namesLost},
    {"any-purpose", anyPurpose},
    {"wider-usages", widerUsages},
    {"wider-application-policies", widerApplicationPolicies},
    {"wider-issuance-policies", widerIssuancePolicies},
}};

} // namespace

std::span<const IssuedCertificateRule> issuedCertificateRules() { return allRules; }

std::optional<IssuedCertificateFinding> findReasonToReject(const IssuedCertificateInput& input)
{
    for (const auto& rule : issuedCertificateRules()) {
        if (auto why = rule.check(input))
            return IssuedCertificateFinding{std::string(rule.name), toPrintable(*why)};
    }
    return std::nullopt;
}

} // namespace perennial::rules
