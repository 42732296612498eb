#include "shared/rules/first_certificate_rules.h"

#include "shared/base/encoding.h"

#include <algorithm>
#include <array>

namespace perennial::rules {

namespace {

using Input = FirstCertificateInput;
using Type = x509::GeneralName::Type;

constexpr Duration leastLife{3600};

bool isAskedFor(const x509::GeneralName& name, const Input& in)
{
    return std::any_of(in.names.begin(), in.names.end(),
        [&](const auto& asked) { return comparable(asked) == comparable(name); });
}

// A machine's common name in a directory is its DNS name or the first label of it.
bool isCommonNameAskedFor(const std::string& commonName, const Input& in)
{
    if (isAskedFor({Type::Dns, commonName}, in)) return true;
    return std::any_of(in.names.begin(), in.names.end(), [&](const x509::GeneralName& asked) {
        const std::string label = asked.value.substr(0, asked.value.find('.'));
        return asked.type == Type::Dns &&
               comparable({Type::Dns, label}) == comparable({Type::Dns, commonName});
    });
}

Why endsTooSoon(const Input& in)
{
    const TimePoint end = in.issued.notAfter();
    if (end >= in.now + leastLife) return std::nullopt;
    return "it ends at " + toRfc3339(end) + "; here it is " + toRfc3339(in.now);
}

// By OID or by name, as far as both say it the same way; any version.
Why anotherTemplate(const Input& in)
{
    const auto issued = in.issued.templateInformation();
    const auto asked = in.request.templateInformation();
    if (!issued || !asked) return std::nullopt;
    const bool byOid = !issued->oid.empty() && !asked->oid.empty();
    const bool byName = !issued->name.empty() && !asked->name.empty();
    if ((!byOid || issued->oid == asked->oid) && (!byName || issued->name == asked->name))
        return std::nullopt;
    return "its template is " + toPrintable(byOid ? issued->oid : issued->name, 200) +
           ", the request's " + toPrintable(byOid ? asked->oid : asked->name, 200);
}

// Where the CA makes it, its common name is ours all the same.
Why anotherSubject(const Input& in)
{
    const std::string subject = in.issued.subject();
    if (subject.empty()) return std::nullopt; // then the names say everything
    const std::string commonName = in.issued.commonName();
    const bool good = in.namesSupplied ? subject == in.request.subject()
                                       : commonName.empty() || isCommonNameAskedFor(commonName, in);
    if (good) return std::nullopt;
    return "its subject is " + toPrintable(subject, 300) + ", which nobody asked for";
}

// Where the CA looks names up it may add what the directory calls the account.
Why widerNames(const Input& in)
{
    for (const auto& name : in.issued.alternativeNames()) {
        const bool account = name.type == Type::Upn || name.type == Type::Other;
        if (isAskedFor(name, in) || (account && !in.namesSupplied)) continue;
        return "its name " + toPrintable(x509::toText(name), 300) +
               " is not one that was asked for";
    }
    return std::nullopt;
}

// Without alternative names the common name counts, where the CA made it.
Why namesLost(const Input& in)
{
    const auto names = in.issued.alternativeNames();
    if (std::any_of(
            names.begin(), names.end(), [&](const auto& one) { return isAskedFor(one, in); }))
        return std::nullopt;
    if (!in.namesSupplied && isAskedFor({Type::Dns, in.issued.commonName()}, in))
        return std::nullopt;
    return "it is for none of the names that were asked for";
}

Why usageBeyond(const Input& in, const std::vector<std::string>& allowed, const std::string& whose)
{
    if (allowed.empty()) return std::nullopt;
    for (const auto& usage : in.issued.extendedKeyUsages()) {
        if (std::find(allowed.begin(), allowed.end(), usage) == allowed.end())
            return "its extended key usage " + usage + " is not one of the " + whose;
    }
    return std::nullopt;
}

// A template whose usages CEP does not tell allows any; anyPurpose() still holds.
Why widerUsages(const Input& in)
{
    if (auto why = usageBeyond(in, in.request.extendedKeyUsages(), "template")) return why;
    return usageBeyond(in, in.allowedUsages, "policy");
}

template <Why (*check)(const IssuedCertificate&)>
constexpr auto sound = onListOf<Input, check>;

constexpr std::array<FirstCertificateRule, 16> allRules = {{
    {"another-key", sound<anotherKey>},
    {"bad-serial", sound<badSerial>},
    {"authority", sound<authority>},
    {"unknown-critical-extension", sound<unknownCritical>},
    {"weak-signature", sound<weakSignature>},
    {"weak-key", sound<weakKey>},
    {"not-yet-valid", sound<notYetValid>},
    {"ends-too-soon", endsTooSoon},
    {"untrusted", sound<untrusted>},
    {"another-template", anotherTemplate},
    {"another-subject", anotherSubject},
    {"wider-names", widerNames},
    {"names-lost", namesLost},
    {"any-purpose", sound<anyPurpose>},
    {"wider-usages", widerUsages},
    {"wider-application-policies", sound<policiesBeyondUsages>},
}};

} // namespace

std::span<const FirstCertificateRule> firstCertificateRules() { return allRules; }

std::optional<IssuedCertificateFinding> findReasonToRejectFirst(const FirstCertificateInput& input)
{
    return firstFinding(firstCertificateRules(), input);
}

} // namespace perennial::rules
