#include "shared/rules/issued_certificate_rules.h"

#include "shared/base/encoding.h"
#include "shared/rules/not_wider_rules.h"

#include <array>

namespace perennial::rules {

namespace {

using Input = IssuedCertificateInput;

constexpr Duration leastLife{3600};

Why repeatedSerial(const Input& in)
{
    if (in.issued.serial() != in.old.serial() || in.issued.issuerDer() != in.old.issuerDer())
        return std::nullopt;
    return "it has issuer and serial number " + in.old.serial() + " of the old one";
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

template <Why (*check)(const IssuedCertificate&)>
constexpr auto sound = onListOf<Input, check>;

constexpr std::array<IssuedCertificateRule, 19> allRules = {{
    {"another-key", sound<anotherKey>},
    {"bad-serial", sound<badSerial>},
    {"repeated-serial", repeatedSerial},
    {"authority", sound<authority>},
    {"unknown-critical-extension", sound<unknownCritical>},
    {"weak-signature", sound<weakSignature>},
    {"weak-key", sound<weakKey>},
    {"not-yet-valid", sound<notYetValid>},
    {"ends-too-soon", endsTooSoon},
    {"untrusted", sound<untrusted>},
    {"another-template", anotherTemplate},
    {"another-sid", anotherSid},
    {"another-subject", anotherSubject},
    {"wider-names", widerNames},
    {"names-lost", namesLost},
    {"any-purpose", sound<anyPurpose>},
    {"wider-usages", widerUsages},
    {"wider-application-policies", widerApplicationPolicies},
    {"wider-issuance-policies", widerIssuancePolicies},
}};

} // namespace

std::span<const IssuedCertificateRule> issuedCertificateRules() { return allRules; }

std::optional<IssuedCertificateFinding> findReasonToReject(const IssuedCertificateInput& input)
{
    return firstFinding(issuedCertificateRules(), input);
}

} // namespace perennial::rules
