#include "controller/enrollment/cep/policy_provider.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

PolicyPermissions permissionsOf(
    const PolicyProvider& provider, const CertificateTemplate& t, const Caller& caller)
{
    if (!provider.settings.keyBasedRenewal)
        return {t.mayEnroll(caller.name, caller.groups, caller.certificate),
            t.mayAutoEnroll(caller.name, caller.groups, caller.certificate)};
    // By key only what the certificate in hand was issued for; the Enroll right is not asked.
    if (!t.keyBasedRenewal || !caller.certificate) return {};
    const auto information = caller.certificate->templateInformation();
    const bool renewable = information && t.isNamedBy(*information);
    return {renewable, renewable && !t.autoEnroll.empty()};
}

bool isWanted(const xcep::GetPolicies& question, const CertificateTemplate& t)
{
    if (!question.policyOids.empty() &&
        std::find(question.policyOids.begin(), question.policyOids.end(), t.oid) ==
            question.policyOids.end())
        return false;
    // Windows' own limit for 0 hides what is newer than 2003; nobody means that.
    const auto within = [](std::int32_t limit, int version) {
        return limit <= 0 || version <= limit;
    };
    return within(question.clientVersion, t.clientVersion) &&
           within(question.serverVersion, t.serverVersion);
}

// Names of templates have no line feeds.
std::string rightsOf(const std::vector<PolicyListing::Entry>& permitted)
{
    std::string text;
    for (const auto& [listed, permissions] : permitted)
        text += (permissions.autoEnroll ? "2" : "1") + listed->name + "\n";
    return text;
}

// By key, and where templates give rights to certificates, another one in hand is another caller.
std::string identityOf(const PolicyProvider& provider, const Caller& caller)
{
    return provider.settings.path + "\n" + caller.name + "\n" +
           (caller.certificate ? caller.certificate->fingerprint() : "");
}

// A time to come is no time at which anybody has asked: the clock is wrong, the answer is whole.
bool isKnown(const xcep::GetPolicies& question, TimePoint changedAt, TimePoint now)
{
    return question.lastUpdate && *question.lastUpdate >= changedAt && *question.lastUpdate <= now;
}

xcep::Authority authorityOf(const PolicyProvider& provider)
{
    xcep::Authority authority;
    for (const auto& service : provider.config.enrollmentServices) {
        if (provider.settings.keyBasedRenewal && !service.keyBasedRenewal) continue;
        authority.uris.push_back({service.authentication.method,
            provider.config.urlOf(service.path), service.priority, service.renewalOnly});
    }
    authority.certificate = provider.authority.toDer();
    authority.enrollPermission = true; // what is listed may be enrolled for
    return authority;
}

} // namespace

PolicyListing listPolicies(const PolicyProvider& provider, const Caller& caller,
    const xcep::GetPolicies& question, SeenRights& seen, TimePoint now)
{
    std::vector<PolicyListing::Entry> permitted;
    for (const auto& [name, found] : provider.templates.templates) {
        const auto permissions = permissionsOf(provider, found, caller);
        if (permissions.enroll) permitted.push_back({&found, permissions});
    }
    const auto since = seen.since(identityOf(provider, caller), rightsOf(permitted), now);
    if (isKnown(question, std::max(since, provider.templates.changedAt), now)) return {true, {}};
    std::erase_if(permitted,
        [&](const auto& entry) { return !isWanted(question, *entry.certificateTemplate); });
    return {false, std::move(permitted)};
}

Result<xcep::PolicyAnswer> answerOf(const PolicyProvider& provider, const PolicyListing& listing)
{
    xcep::PolicyAnswer answer;
    answer.policyId = provider.settings.policyId;
    answer.friendlyName = provider.settings.name;
    answer.nextUpdateHours = provider.settings.nextUpdateHours;
    answer.notChanged = listing.notChanged;
    for (const auto& [listed, permissions] : listing.entries) {
        auto policy = policyOf(*listed, permissions);
        if (!policy) return policy.error();
        policy->authorities = {0};
        answer.policies.push_back(*std::move(policy));
        for (const auto& oid : innerOids(*listed)) {
            if (std::find(answer.furtherOids.begin(), answer.furtherOids.end(), oid) ==
                answer.furtherOids.end())
                answer.furtherOids.push_back(oid);
        }
    }
    if (!answer.policies.empty()) answer.authorities.push_back(authorityOf(provider));
    return answer;
}

} // namespace perennial::enrollment::server
