#include "agent/installer/certificate_checks.h"

#include "shared/base/encoding.h"
#include "shared/x509/certificate_chain.h"

#include <algorithm>
#include <array>

namespace perennial::installer {

namespace {

constexpr Duration clockSkew = std::chrono::minutes(5);
using Finding = std::string; // empty: nothing against it

Finding findForeignKey(const NewCertificate& facts)
{
    if (facts.leaf().publicKeyDer() == facts.newPublicKey) return {};
    return "it is for another public key than the one made for this order";
}

Finding findOldKey(const NewCertificate& facts)
{
    if (facts.old == nullptr || facts.leaf().publicKeyDer() != facts.old->publicKeyDer()) return {};
    return "it has the old certificate's public key";
}

Finding findKeyType(const NewCertificate& facts)
{
    const auto& types = facts.guard.keyTypes;
    if (std::find(types.begin(), types.end(), facts.leaf().keyType()) != types.end()) return {};
    return "its key type " + facts.leaf().keyType() + " is not among key_types";
}

Finding findAuthority(const NewCertificate& facts)
{
    if (!facts.leaf().isAuthority()) return {};
    return "it is an authority's (basicConstraints CA:TRUE)";
}

Finding findForeignName(const NewCertificate& facts)
{
    const auto names = namesOf(facts.leaf());
    if (names.empty()) return "it has no name that could be checked";
    for (const auto& name : names) {
        if (!facts.guard.allowsName(name)) return "its name \"" + name + "\" is not among names";
        if (auto status = checkNewName(name, facts.old, facts.guard.enrollmentAt(facts.place));
            !status)
            return status.error().message;
    }
    return {};
}

// A path to an issuer that the guard names, and nothing in the chain that is no part of it.
Finding findForeignIssuer(const NewCertificate& facts)
{
    const auto& chain = facts.chain;
    for (std::size_t i = 1; i < chain.size(); ++i) {
        if (chain[i].subjectDer() != chain[i - 1].issuerDer() || !chain[i - 1].isSignedBy(chain[i]))
            return "its chain is broken at \"" + chain[i].subject() + "\"";
    }
    // An issuer's clock may be a little ahead of ours.
    const auto start = facts.leaf().notBefore();
    const auto moment = start <= facts.now + clockSkew ? std::max(start, facts.now) : facts.now;
    auto path = x509::validateChain(
        facts.leaf(), {chain.begin() + 1, chain.end()}, facts.guard.issuers, moment);
    if (!path) return path.error().message;
    return {};
}

Finding findForeignTemplate(const NewCertificate& facts)
{
    const auto& allowed = facts.guard.templates;
    if (allowed.empty()) return {};
    const auto information = facts.leaf().templateInformation();
    if (information && std::find(allowed.begin(), allowed.end(), information->oid) != allowed.end())
        return {};
    return "its template is not among templates";
}

constexpr std::array checks = {findForeignKey, findOldKey, findKeyType, findAuthority,
    findForeignName, findForeignTemplate, findForeignIssuer};

} // namespace

// The common name counts too: old clients look at nothing else.
std::vector<std::string> namesOf(const x509::Certificate& certificate)
{
    std::vector<std::string> names;
    if (!certificate.commonName().empty()) names.push_back(certificate.commonName());
    for (const auto& name : certificate.alternativeNames())
        names.push_back(name.type == x509::GeneralName::Type::Dns ? name.value : toText(name));
    return names;
}

Status checkNewName(
    const std::string& name, const x509::Certificate* old, const EnrollmentRule* rule)
{
    if (old != nullptr && isAmong(name, namesOf(*old))) return {};
    if (rule != nullptr && isAmong(name, rule->names)) return {};
    return Error{ErrorKind::PermissionDenied,
        "the name \"" + name +
            "\" is new at this place, and the guard's enrollments do not allow it"};
}

Status checkNewCertificate(const NewCertificate& facts)
{
    if (facts.chain.empty())
        return Error{ErrorKind::InvalidInput, "the chain holds no certificate"};
    for (const auto& check : checks) {
        if (const auto finding = check(facts); !finding.empty())
            return Error{ErrorKind::PermissionDenied,
                "the new certificate is refused: " + toPrintable(finding)};
    }
    return {};
}

} // namespace perennial::installer
