#include "shared/rules/enrollment_rules.h"

#include "shared/base/encoding.h"
#include "shared/rules/sound_certificate_rules.h"
#include "shared/x509/certificate_chain.h"

#include <algorithm>
#include <array>
#include <set>

namespace perennial::rules {

namespace {

using Type = x509::GeneralName::Type;
using Problem = std::string; // empty: nothing stands in the way

const CredentialFacts* credentialOf(const NextInput& in)
{
    const auto found = std::find_if(in.credentials.begin(), in.credentials.end(),
        [&](const auto& one) { return one.name == in.policy.enroll->credential; });
    return found == in.credentials.end() ? nullptr : &*found;
}

Problem noEnroll(const NextInput& in)
{
    if (in.policy.enroll) return {};
    return "policy " + in.policy.name + " has no `enroll`";
}

Problem noCredential(const NextInput& in)
{
    if (credentialOf(in) != nullptr) return {};
    return "`credentials` of this host's agent.yaml has no " + in.policy.enroll->credential +
           ", which policy " + in.policy.name + " names";
}

Problem anotherTemplate(const NextInput& in)
{
    const auto& allowed = credentialOf(in)->templates;
    if (std::find(allowed.begin(), allowed.end(), in.policy.enroll->templateName) != allowed.end())
        return {};
    return "agent.yaml does not allow credential " + in.policy.enroll->credential +
           " the template " + toPrintable(in.policy.enroll->templateName, 128);
}

Problem foreignNames(const NextInput& in)
{
    if (!in.wanted.empty()) return {};
    const auto chain = x509::Certificate::allFromPem(in.slot.certificatePem);
    if (!chain || chain->empty()) return "the certificate cannot be read";
    const auto& leaf = chain->front();
    const auto names = leaf.alternativeNames();
    if (names.empty()) return "the certificate has no alternative name that could be asked for";
    for (const auto& name : names) {
        if (name.type != Type::Dns)
            return "its name " + toPrintable(toText(name), 200) + " is no DNS name";
    }
    const auto anchors = x509::Certificate::allFromPem(in.service.issuerTrustPem);
    if (!anchors) return "issuer_trust cannot be read";
    const auto path = x509::validateChain(
        leaf, {chain->begin() + 1, chain->end()}, *anchors, leaf.notAfter() - Duration(1));
    if (path) return {};
    return "the certificate does not come from issuer_trust of service " + in.service.name + ": " +
           toPrintable(path.error().message, 300);
}

constexpr std::array problems = {noEnroll, noCredential, anotherTemplate, foreignNames};

// The common name first: it is the subject's again.
std::vector<std::string> namesOf(const model::Slot& slot)
{
    std::vector<std::string> names;
    const auto leaf = x509::Certificate::fromPem(slot.certificatePem);
    if (!leaf) return names;
    for (const auto& name : leaf->alternativeNames())
        names.push_back(name.value);
    std::stable_partition(names.begin(), names.end(),
        [&](const std::string& name) { return name == leaf->commonName(); });
    return names;
}

// DNS names: what else a CA has in a certificate nobody can want by a policy.
bool hasOtherNames(const NextInput& in)
{
    if (in.wanted.empty() || in.slot.isEmpty()) return false;
    std::set<std::string> wanted;
    for (const auto& name : in.wanted)
        wanted.insert(comparable({Type::Dns, name}));
    std::set<std::string> there;
    if (const auto leaf = x509::Certificate::fromPem(in.slot.certificatePem)) {
        for (const auto& name : leaf->alternativeNames()) {
            if (name.type == Type::Dns) there.insert(comparable(name));
        }
    }
    return wanted != there;
}

} // namespace

std::string nameOf(Way way)
{
    switch (way) {
    case Way::Key: return "key";
    case Way::Credential: return "credential";
    case Way::ByHand: return "by-hand";
    }
    return "";
}

NextEnrollment nextEnrollment(const NextInput& in)
{
    const bool valid = in.now < in.slot.certificate.notAfter;
    if (valid && !hasOtherNames(in)) return {};
    for (const auto problem : problems) {
        if (auto found = problem(in); !found.empty())
            return {valid ? Way::Key : Way::ByHand, {}, std::move(found), valid};
    }
    if (valid && !in.refused.empty()) return {Way::Key, {}, in.refused, true};
    return {Way::Credential, in.wanted.empty() ? namesOf(in.slot) : in.wanted, {}, valid};
}

} // namespace perennial::rules
