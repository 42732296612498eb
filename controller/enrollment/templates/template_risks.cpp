#include "controller/enrollment/templates/template_risks.h"

#include "controller/enrollment/templates/usage_names.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

using Risks = std::vector<TemplateRisk>;

// Extended key usages and application policies: Windows looks at either.
std::set<std::string> usagesOf(const CertificateTemplate& t)
{
    std::set<std::string> usages(t.extendedKeyUsages.begin(), t.extendedKeyUsages.end());
    usages.insert(t.applicationPolicies.begin(), t.applicationPolicies.end());
    return usages;
}

bool isForEverything(const CertificateTemplate& t)
{
    return usagesOf(t).count(std::string(x509::oid::anyExtendedKeyUsage)) != 0 ||
           t.extendedKeyUsages.empty();
}

bool authenticates(const CertificateTemplate& t)
{
    const auto usages = usagesOf(t);
    return isForEverything(t) || std::any_of(usages.begin(), usages.end(), isAuthenticationUsage);
}

bool authenticatesServers(const CertificateTemplate& t)
{
    return isForEverything(t) ||
           usagesOf(t).count(std::string(x509::oid::serverAuthentication)) != 0;
}

// Somebody else than the requester has to do something before the first certificate.
bool isWatched(const CertificateTemplate& t) { return t.managerApproval || t.signatures.count > 0; }

std::string guardOf(const CertificateTemplate& t)
{
    if (t.managerApproval) return "manager_approval guards it";
    if (t.signatures.count > 0) return "ra_signatures guard it";
    return "only the callers named in rights may";
}

// ESC1 and ESC17 are one hole with two uses: names of one's own choice, for logging on as somebody
// or for passing as a server.
void suppliedNames(const CertificateTemplate& t, Risks& risks)
{
    if (!t.subjectSupplied) return;
    const bool open = t.enroll.anybody() && !isWatched(t);
    const bool server = authenticatesServers(t);
    // What is for neither, such as mail, is still a name of one's own choice.
    const bool client = authenticates(t) || !server;
    const std::string mend = ": name the callers in rights.enroll, or set manager_approval";
    if (client)
        risks.push_back({"ESC1", open, open ? "rights" : "subject",
            open ? "anybody may enrol with names of their own choice" + mend
                 : "a request chooses the names it will log on with; " + guardOf(t)});
    if (server && open)
        risks.push_back({"ESC17", true, "rights",
            "anybody may be certified as any server that names allow" + mend});
}

void wideUsages(const CertificateTemplate& t, Risks& risks)
{
    const auto usages = usagesOf(t);
    if (t.extendedKeyUsages.empty())
        risks.push_back({"ESC2", true, "extended_key_usages",
            "a certificate without one is good for everything: list what it is for"});
    else if (isForEverything(t))
        risks.push_back({"ESC2", true, "extended_key_usages",
            "anyExtendedKeyUsage makes certificates for everything: list what it is for"});
    if (usages.count(usage::certificateRequestAgent) != 0)
        risks.push_back({"ESC3", true, "extended_key_usages",
            "a certificate request agent can act for everybody at a Microsoft CA that trusts this "
            "authority"});
}

void mapping(const CertificateTemplate& t, Risks& risks)
{
    if (!t.securityExtension && authenticates(t))
        risks.push_back({"ESC9", false, "security_extension",
            "without the SID a domain controller maps the certificate by names, which can be moved "
            "between accounts"});
    if (!t.certificatePolicies.empty() && authenticates(t))
        risks.push_back({"ESC13", false, "certificate_policies",
            "an issuance policy that is linked to a group makes its holder a member: check that "
            "none of these is"});
    if (t.schema == 1 && t.subjectSupplied)
        risks.push_back({"ESC15", false, "schema",
            "a Microsoft CA would take application policies from such requests; this one takes "
            "none: use schema 2 or later"});
}

int numberOf(const TemplateRisk& risk) { return std::stoi(risk.name.substr(3)); }

} // namespace

std::vector<TemplateRisk> risksOf(const CertificateTemplate& t)
{
    Risks risks;
    suppliedNames(t, risks);
    wideUsages(t, risks);
    mapping(t, risks);
    std::sort(risks.begin(), risks.end(),
        [](const auto& a, const auto& b) { return numberOf(a) < numberOf(b); });
    return risks;
}

bool isRiskName(const std::string& text)
{
    for (int number = 1; number <= 17; ++number) {
        if (text == "ESC" + std::to_string(number)) return true;
    }
    return false;
}

} // namespace perennial::enrollment::server
