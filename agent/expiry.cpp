#include "agent/expiry.h"

#include "agent/renewal/renewal_runner.h"
#include "shared/base/encoding.h"
#include "shared/base/shell_word.h"
#include "shared/policy/wanted_places.h"
#include "shared/rules/renewal_rules.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr Duration repeatNames = std::chrono::hours(1);
constexpr Duration longestRepeatNames = std::chrono::hours(24);

// In capitals what only people know.
std::string byHand(const model::Slot& slot, const model::CertificatePolicy& policy)
{
    const auto& place = slot.place;
    const auto& names = slot.certificate.names;
    const std::string dns = slot.isEmpty()  ? slot.certificate.displayName
                            : names.empty() ? ""
                                            : names.front().substr(names.front().find(':') + 1);
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

namespace {

std::string beginningOf(const model::Slot& slot, const rules::NextEnrollment& next)
{
    if (slot.isEmpty()) return "nothing is there yet; ";
    if (next.forNames)
        return "it is for " + toPrintable(joined(slot.certificate.names), 500) +
               ", and its key cannot change names; ";
    return "it has expired at " + toRfc3339(slot.certificate.notAfter) +
           ", so its key renews nothing any more; ";
}

} // namespace

std::string expiryText(const model::Slot& slot, const model::CertificatePolicy& policy,
    const rules::NextEnrollment& next)
{
    const auto begin = beginningOf(slot, next);
    if (next.way == rules::Way::Credential)
        return begin + "it is enrolled " + (slot.isEmpty() ? "" : "anew ") + "by credential " +
               policy.enroll->credential + ", template " +
               toPrintable(policy.enroll->templateName, 128) + ", for " +
               toPrintable(joined(next.names), 500);
    const std::string not_ = begin + "it is not enrolled " + (slot.isEmpty() ? "" : "anew ") +
                             "by itself: " + next.problem + ". ";
    if (next.forNames) return not_ + "It goes on being renewed with its old names";
    return not_ + "Mend that. " + byHand(slot, policy);
}

std::string joined(const std::vector<std::string>& names)
{
    std::string text;
    for (const auto& name : names)
        text += (text.empty() ? "" : " ") + name;
    return text;
}

std::string refusedNames(const model::Slot& slot, const model::CertificatePolicy& policy,
    const SlotTable::Fortune& fortune, const std::vector<std::string>& wanted, TimePoint now)
{
    if (now >= rules::autonomousTime(slot.certificate, policy))
        return "it nears its end: it is renewed with its old names first";
    const auto& tried = fortune.namesTried;
    if (wanted.empty() || tried.names != joined(wanted)) return "";
    const auto wait = retryDelay(repeatNames, tried.times, Duration::zero(), longestRepeatNames);
    if (hasCome(tried.at + wait, now, wait)) return "";
    return tried.why + " (tried at " + toRfc3339(tried.at) + ", again after " +
           toRfc3339(tried.at + wait) + ")";
}

rules::NextEnrollment nextOf(const model::Slot& slot, const DesiredState& state,
    const model::CertificatePolicy& policy, const SlotTable::Fortune& fortune,
    const std::vector<rules::CredentialFacts>& credentials, TimePoint now)
{
    const auto* service = state.set.findService(policy.enrollmentService);
    if (service == nullptr) return {}; // whoever begins a renewal tells of it
    const auto wanted = policy::wantedNames(policy, state.host);
    return rules::nextEnrollment({slot, policy, *service, credentials, now, wanted,
        refusedNames(slot, policy, fortune, wanted, now)});
}

std::optional<Expiry> expiryOf(const model::Slot& slot, const DesiredState& state,
    const SlotTable::Fortune& fortune, const std::vector<rules::CredentialFacts>& credentials,
    TimePoint now)
{
    const auto* policy = state.policyFor(slot);
    if (policy == nullptr || state.set.findService(policy->enrollmentService) == nullptr)
        return std::nullopt;
    auto next = nextOf(slot, state, *policy, fortune, credentials, now);
    if (now < slot.certificate.notAfter && !next.forNames) return std::nullopt;
    auto say = expiryText(slot, *policy, next);
    const auto* word = slot.isEmpty() ? "empty" : next.forNames ? "names" : "expired";
    return Expiry{std::move(next), std::move(say), word};
}

std::vector<model::Slot> emptySlots(
    const DesiredState& state, const model::InventoryReport& inventory)
{
    if (inventory.scannedAt == TimePoint()) return {}; // the first scan comes first
    auto slots = policy::wantedSlots(state.set, state.host);
    std::erase_if(slots, [&](const model::Slot& wanted) {
        return std::any_of(inventory.slots.begin(), inventory.slots.end(),
            [&](const model::Slot& there) { return there.id == wanted.id; });
    });
    return slots;
}

} // namespace perennial::agent
