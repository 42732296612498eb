#include "agent/expiry.h"

#include "shared/base/encoding.h"
#include "shared/base/shell_word.h"

namespace perennial::agent {

namespace {

// In capitals what only people know.
std::string byHand(const model::Slot& slot, const model::CertificatePolicy& policy)
{
    const auto& place = slot.place;
    const auto& names = slot.certificate.names;
    const std::string dns = names.empty() ? "" : names.front().substr(names.front().find(':') + 1);
    const std::string command =
        "perennial-enroller first --policy-url CEP-ADDRESS --trust-file FILE "
        "--user NAME --password-file FILE --template " +
        (policy.enroll ? shellQuoted(policy.enroll->templateName) : "NAME") + " --name " +
        (dns.empty() ? "NAME" : shellQuoted(dns)) + " --certificate-file " +
        shellQuoted(place.certificatePath + ".new") + " --key-file " +
        shellQuoted(place.keyPath + ".new-key");
    return "Or enrol by hand: `" + command + "`, then put both in the place of " +
           place.certificatePath +
           (place.keyPath == place.certificatePath ? "" : " and " + place.keyPath) +
           " and have the service read them";
}

} // namespace

std::string expiryText(const model::Slot& slot, const model::CertificatePolicy& policy,
    const rules::NextEnrollment& next)
{
    const auto begin = "it has expired at " + toRfc3339(slot.certificate.notAfter) +
                       ", so its key renews nothing any more; ";
    if (next.way == rules::Way::Credential)
        return begin + "it is enrolled anew by credential " + policy.enroll->credential +
               ", template " + toPrintable(policy.enroll->templateName, 128) + ", for " +
               toPrintable(slot.certificate.displayName, 255);
    return begin + "it is not enrolled anew by itself: " + next.problem + ". Mend that. " +
           byHand(slot, policy);
}

std::optional<Expiry> expiryOf(const model::Slot& slot, const DesiredState& state,
    const std::vector<rules::CredentialFacts>& credentials, TimePoint now)
{
    const auto* policy = state.policyFor(slot);
    const auto* service =
        policy == nullptr ? nullptr : state.set.findService(policy->enrollmentService);
    if (service == nullptr || now < slot.certificate.notAfter) return std::nullopt;
    auto next = rules::nextEnrollment({slot, *policy, *service, credentials, now});
    auto say = expiryText(slot, *policy, next);
    return Expiry{std::move(next), std::move(say)};
}

} // namespace perennial::agent
