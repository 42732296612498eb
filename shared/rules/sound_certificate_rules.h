#pragma once

#include "shared/base/encoding.h"
#include "shared/x509/certificate.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::rules {

// What a CES sent, and the facts that say whether it may be used at all.
struct IssuedCertificate {
    const x509::Certificate& issued;
    const std::vector<x509::Certificate>& intermediates; // that came with it
    const std::vector<x509::Certificate>& anchors;       // issuerTrust of the service
    Bytes requestedPublicKey; // SubjectPublicKeyInfo of the key made for it
    TimePoint now;
};

struct IssuedCertificateFinding {
    std::string rule;        // its name on the list: "another-key", "wider-names", ...
    std::string explanation; // printable; for the audit event
};

// One thing that a certificate from CES must be. Pure; says what is wrong, or nothing.
template <class Input>
struct CertificateRule {
    std::string_view name;
    std::optional<std::string> (*check)(const Input&);
};

// The misuse of AD CS that a certificate which breaks the rule is a sign of ("ESC13"); empty: none.
std::string_view misuseBehind(std::string_view rule);

// The first finding wins.
template <class Input>
std::optional<IssuedCertificateFinding> firstFinding(
    std::span<const CertificateRule<Input>> rules, const Input& input)
{
    for (const auto& rule : rules) {
        if (auto why = rule.check(input))
            return IssuedCertificateFinding{std::string(rule.name), toPrintable(*why)};
    }
    return std::nullopt;
}

// The rules that need no old certificate, for the lists of issued_certificate_rules.h and
// first_certificate_rules.h.
using Why = std::optional<std::string>;
Why anotherKey(const IssuedCertificate& in);
Why badSerial(const IssuedCertificate& in);
Why authority(const IssuedCertificate& in);
Why unknownCritical(const IssuedCertificate& in);
Why weakSignature(const IssuedCertificate& in);
Why weakKey(const IssuedCertificate& in);
Why notYetValid(const IssuedCertificate& in);
Why untrusted(const IssuedCertificate& in);
Why anyPurpose(const IssuedCertificate& in);
Why policiesBeyondUsages(const IssuedCertificate& in);

// DNS names are the same in any letter case; nothing else is.
std::string comparable(const x509::GeneralName& name);

// One of them on another list.
template <class Input, Why (*check)(const IssuedCertificate&)>
Why onListOf(const Input& in)
{
    return check(in);
}

} // namespace perennial::rules
