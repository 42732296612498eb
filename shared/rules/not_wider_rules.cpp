#include "shared/rules/not_wider_rules.h"

#include "shared/base/encoding.h"

#include <algorithm>

namespace perennial::rules {

namespace {

using Input = IssuedCertificateInput;
using Type = x509::GeneralName::Type;

bool contains(const std::vector<std::string>& list, const std::string& text)
{
    return std::find(list.begin(), list.end(), text) != list.end();
}

std::string shownTemplate(const std::optional<x509::TemplateInformation>& information)
{
    if (!information) return "none";
    return toPrintable(information->oid.empty() ? information->name : information->oid, 200);
}

// The first of `these` that `those` lack.
Why firstMissing(const std::vector<std::string>& these, const std::vector<std::string>& those)
{
    for (const auto& one : these) {
        if (!contains(those, one)) return one;
    }
    return std::nullopt;
}

} // namespace

// The version may rise: the template's owner may change it (MS-WCCE 3.2.2.6.2.1.4.2).
Why anotherTemplate(const Input& in)
{
    const auto issued = in.issued.templateInformation();
    const auto old = in.old.templateInformation();
    if (issued.has_value() == old.has_value() &&
        (!issued || (issued->oid == old->oid && issued->name == old->name)))
        return std::nullopt;
    return "its template is " + shownTemplate(issued) + ", the old one's " + shownTemplate(old);
}

Why anotherSid(const Input& in)
{
    if (in.issued.extension(x509::oid::ntdsSecurity) == in.old.extension(x509::oid::ntdsSecurity))
        return std::nullopt;
    return "its security identifier (1.3.6.1.4.1.311.25.2) is not the old one's";
}

// As text: an authority may encode the same name as another string type. Without a subject the
// names say everything.
Why anotherSubject(const Input& in)
{
    const std::string subject = in.issued.subject();
    if (subject == in.old.subject()) return std::nullopt;
    if (subject.empty() && !in.issued.alternativeNames().empty()) return std::nullopt;
    return "its subject is " + toPrintable(subject, 300) + ", the old one's " +
           toPrintable(in.old.subject(), 300);
}

// The old common name counts as a DNS name: authorities repeat it among the names.
Why widerNames(const Input& in)
{
    std::vector<std::string> allowed;
    for (const auto& name : in.old.alternativeNames())
        allowed.push_back(comparable(name));
    allowed.push_back(comparable({Type::Dns, in.old.commonName()}));
    std::vector<std::string> issued;
    for (const auto& name : in.issued.alternativeNames())
        issued.push_back(comparable(name));
    if (const auto name = firstMissing(issued, allowed))
        return "its name " + toPrintable(*name, 300) + " is not one of the old certificate";
    return std::nullopt;
}

Why namesLost(const Input& in)
{
    if (!in.issued.alternativeNames().empty() || in.old.alternativeNames().empty())
        return std::nullopt;
    return "it has no name at all (subjectAltName), the old one has";
}

Why widerUsages(const Input& in)
{
    const auto issued = in.issued.extendedKeyUsages();
    const auto& allowed = in.policy.extendedKeyUsages;
    if (!allowed.empty()) {
        if (const auto usage = firstMissing(issued, allowed))
            return "its extended key usage " + *usage + " is not one that the policy allows";
    }
    for (const auto& usage : issued) {
        if (!in.old.allowsExtendedKeyUsage(usage))
            return "its extended key usage " + usage + " is not one of the old certificate";
    }
    return std::nullopt;
}

Why widerApplicationPolicies(const Input& in)
{
    if (auto why = policiesBeyondUsages(in)) return why;
    const auto issued = in.issued.policyIdentifiers(x509::oid::applicationPolicies);
    if (!in.old.extension(x509::oid::applicationPolicies)) return std::nullopt;
    const auto old = in.old.policyIdentifiers(x509::oid::applicationPolicies);
    if (const auto policy = firstMissing(issued, old))
        return "its application policy " + *policy + " is not one of the old certificate";
    return std::nullopt;
}

// An issuance policy can be linked to a group (ESC13).
Why widerIssuancePolicies(const Input& in)
{
    const auto issued = in.issued.policyIdentifiers(x509::oid::certificatePolicies);
    const auto old = in.old.policyIdentifiers(x509::oid::certificatePolicies);
    if (const auto policy = firstMissing(issued, old))
        return "its issuance policy " + *policy + " is not one of the old certificate";
    return std::nullopt;
}

} // namespace perennial::rules
