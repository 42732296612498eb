#include "shared/rules/sound_certificate_rules.h"

#include "shared/base/encoding.h"
#include "shared/x509/certificate_chain.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace perennial::rules {

namespace {

constexpr Duration clockSkew{5 * 60};
// Signs requests for others (ESC3).
constexpr std::string_view enrollmentAgent = "1.3.6.1.4.1.311.20.2.1";

} // namespace

Why anotherKey(const IssuedCertificate& in)
{
    if (in.issued.publicKeyDer() == in.requestedPublicKey) return std::nullopt;
    return "it is for another public key than the one that was made for it";
}

// RFC 5280 4.1.2.2: positive, at most 20 octets. 40 hex digits that begin with 8 or more need a
// twenty-first octet for the sign.
Why badSerial(const IssuedCertificate& in)
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

// keyCertSign and cRLSign are bits 5 and 6 of the BIT STRING (RFC 5280 4.2.1.3).
Why authority(const IssuedCertificate& in)
{
    if (in.issued.isAuthority()) return "it is an authority (basicConstraints CA:TRUE)";
    const auto usage = in.issued.extension(x509::oid::keyUsage);
    if (usage && usage->size() > 3 && (static_cast<unsigned char>((*usage)[3]) & 0x06U) != 0)
        return "its key usage allows signing certificates or lists of revoked ones";
    return std::nullopt;
}

Why unknownCritical(const IssuedCertificate& in)
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
Why weakSignature(const IssuedCertificate& in)
{
    constexpr std::array<std::string_view, 9> strong = {"sha256WithRSAEncryption",
        "sha384WithRSAEncryption", "sha512WithRSAEncryption", "rsassaPss", "ecdsa-with-SHA256",
        "ecdsa-with-SHA384", "ecdsa-with-SHA512", "ED25519", "ED448"};
    const std::string algorithm = in.issued.signatureAlgorithm();
    if (std::find(strong.begin(), strong.end(), algorithm) != strong.end()) return std::nullopt;
    return "its signature algorithm " + toPrintable(algorithm, 100) + " is not strong enough";
}

Why weakKey(const IssuedCertificate& in)
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

Why notYetValid(const IssuedCertificate& in)
{
    if (in.issued.notBefore() <= in.now + clockSkew) return std::nullopt;
    return "it is valid only from " + toRfc3339(in.issued.notBefore()) + "; here it is " +
           toRfc3339(in.now);
}

// At the first moment it is valid when the authority's clock is ahead by less than the skew.
Why untrusted(const IssuedCertificate& in)
{
    const TimePoint at = std::max(in.now, in.issued.notBefore());
    const auto path = x509::validateChain(in.issued, in.intermediates, in.anchors, at);
    if (path) return std::nullopt;
    return path.error().message;
}

Why anyPurpose(const IssuedCertificate& in)
{
    const auto usages = in.issued.extendedKeyUsages();
    if (usages.empty()) return "it names no extended key usage, so it is good for any";
    const auto has = [&](std::string_view usage) {
        return std::find(usages.begin(), usages.end(), usage) != usages.end();
    };
    if (has(x509::oid::anyExtendedKeyUsage)) return "its extended key usage is any";
    if (has(enrollmentAgent)) return "it may enrol for others (certificate request agent)";
    return std::nullopt;
}

// Windows looks at these instead of the extended key usages (ESC15).
Why policiesBeyondUsages(const IssuedCertificate& in)
{
    const auto usages = in.issued.extendedKeyUsages();
    for (const auto& policy : in.issued.policyIdentifiers(x509::oid::applicationPolicies)) {
        if (std::find(usages.begin(), usages.end(), policy) == usages.end())
            return "its application policy " + policy + " is none of its extended key usages";
    }
    return std::nullopt;
}

std::string comparable(const x509::GeneralName& name)
{
    std::string text = x509::toText(name);
    if (name.type != x509::GeneralName::Type::Dns) return text;
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

// Names nobody asked for come from request attributes (ESC6); usages and policies from a template
// that allows any (ESC2), from a linked policy (ESC13), or from the request (ESC15).
std::string_view misuseBehind(std::string_view rule)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 5> known = {{
        {"wider-names", "ESC6"},
        {"any-purpose", "ESC2"},
        {"wider-usages", "ESC2"},
        {"wider-issuance-policies", "ESC13"},
        {"wider-application-policies", "ESC15"},
    }};
    const auto* found = std::find_if(
        known.begin(), known.end(), [&](const auto& entry) { return entry.first == rule; });
    return found == known.end() ? std::string_view() : found->second;
}

} // namespace perennial::rules
