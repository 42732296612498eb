#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/soap/xml_values.h"
#include "shared/enrollment/xcep/policy_answer.h"

#include <algorithm>

namespace perennial::enrollment::xcep {

namespace {

using soap::Element;
using soap::makeElement;
using soap::makeNil;

constexpr soap::Name name(std::string_view local) { return {soap::space::policy, local}; }

// Numbers the OIDs in the order in which they are first referred to.
class OidList {
public:
    std::size_t referenceTo(const Oid& oid)
    {
        const auto found = std::find(oids_.begin(), oids_.end(), oid);
        if (found != oids_.end()) return static_cast<std::size_t>(found - oids_.begin());
        oids_.push_back(oid);
        return oids_.size() - 1;
    }
    const std::vector<Oid>& all() const { return oids_; }

private:
    std::vector<Oid> oids_;
};

void addText(Element& parent, std::string_view local, std::string_view text)
{
    append(parent, makeElement(name(local), text));
}

template <class Number>
void addNumber(Element& parent, std::string_view local, Number value)
{
    addText(parent, local, std::to_string(value));
}

template <class Number>
void addNumber(Element& parent, std::string_view local, const std::optional<Number>& value)
{
    append(parent, value ? makeElement(name(local), std::to_string(*value)) : makeNil(name(local)));
}

void addBoolean(Element& parent, std::string_view local, const std::optional<bool>& value)
{
    append(parent, value ? makeElement(name(local), soap::toText(*value)) : makeNil(name(local)));
}

void addText(Element& parent, std::string_view local, const std::optional<std::string>& value)
{
    append(parent, value ? makeElement(name(local), *value) : makeNil(name(local)));
}

void addReference(
    Element& parent, std::string_view local, const std::optional<Oid>& oid, OidList& oids)
{
    if (oid) {
        addNumber(parent, local, oids.referenceTo(*oid));
    } else {
        append(parent, makeNil(name(local)));
    }
}

void addTexts(Element& parent, std::string_view local, std::string_view itemLocal,
    const std::vector<std::string>& texts)
{
    if (texts.empty()) {
        append(parent, makeNil(name(local)));
        return;
    }
    Element& list = append(parent, makeElement(name(local)));
    for (const std::string& text : texts)
        addText(list, itemLocal, std::string_view(text));
}

void addReferences(
    Element& parent, std::string_view local, const std::vector<Oid>& referred, OidList& oids)
{
    if (referred.empty()) {
        append(parent, makeNil(name(local)));
        return;
    }
    Element& list = append(parent, makeElement(name(local)));
    for (const Oid& oid : referred)
        addNumber(list, "oIDReference", oids.referenceTo(oid));
}

void addPrivateKey(Element& parent, const PrivateKeyAttributes& key, OidList& oids)
{
    Element& element = append(parent, makeElement(name("privateKeyAttributes")));
    addNumber(element, "minimalKeyLength", key.minimalKeyLength);
    addNumber(element, "keySpec", key.keySpec);
    addNumber(element, "keyUsageProperty", key.keyUsageProperty);
    addText(element, "permissions", key.permissions);
    addReference(element, "algorithmOIDReference", key.algorithm, oids);
    addTexts(element, "cryptoProviders", "provider", key.cryptoProviders);
}

void addRequirements(Element& parent, const Policy& policy, OidList& oids)
{
    if (policy.registrationAuthority) {
        Element& element = append(parent, makeElement(name("rARequirements")));
        addNumber(element, "rASignatures", policy.registrationAuthority->signatures);
        addReferences(element, "rAEKUs", policy.registrationAuthority->extendedKeyUsages, oids);
        addReferences(element, "rAPolicies", policy.registrationAuthority->policies, oids);
    } else {
        append(parent, makeNil(name("rARequirements")));
    }
    if (policy.keyArchival) {
        Element& element = append(parent, makeElement(name("keyArchivalAttributes")));
        addReference(element, "symmetricAlgorithmOIDReference",
            policy.keyArchival->symmetricAlgorithm, oids);
        addNumber(element, "symmetricAlgorithmKeyLength", policy.keyArchival->symmetricKeyLength);
    } else {
        append(parent, makeNil(name("keyArchivalAttributes")));
    }
}

void addExtensions(Element& parent, const std::vector<PolicyExtension>& extensions, OidList& oids)
{
    if (extensions.empty()) {
        append(parent, makeNil(name("extensions")));
        return;
    }
    Element& list = append(parent, makeElement(name("extensions")));
    for (const PolicyExtension& extension : extensions) {
        Element& element = append(list, makeElement(name("extension")));
        addReference(element, "oIDReference", extension.type, oids);
        addBoolean(element, "critical", extension.critical);
        append(element, extension.value ? makeElement(name("value"), toBase64(*extension.value))
                                        : makeNil(name("value")));
    }
}

void addAttributes(Element& parent, const Policy& policy, OidList& oids)
{
    Element& element = append(parent, makeElement(name("attributes")));
    addText(element, "commonName", std::string_view(policy.commonName));
    addNumber(element, "policySchema", policy.schema);
    Element& validity = append(element, makeElement(name("certificateValidity")));
    addNumber(validity, "validityPeriodSeconds", policy.validitySeconds);
    addNumber(validity, "renewalPeriodSeconds", policy.renewalSeconds);
    Element& permission = append(element, makeElement(name("permission")));
    addBoolean(permission, "enroll", policy.mayEnroll);
    addBoolean(permission, "autoEnroll", policy.mayAutoEnroll);
    addPrivateKey(element, policy.privateKey, oids);
    Element& revision = append(element, makeElement(name("revision")));
    addNumber(revision, "majorRevision", policy.majorRevision);
    addNumber(revision, "minorRevision", policy.minorRevision);
    addTexts(element, "supersededPolicies", "commonName", policy.supersededTemplates);
    addNumber(element, "privateKeyFlags", policy.privateKeyFlags);
    addNumber(element, "subjectNameFlags", policy.subjectNameFlags);
    addNumber(element, "enrollmentFlags", policy.enrollmentFlags);
    addNumber(element, "generalFlags", policy.generalFlags);
    addReference(element, "hashAlgorithmOIDReference", policy.hashAlgorithm, oids);
    addRequirements(element, policy, oids);
    addExtensions(element, policy.extensions, oids);
}

void addPolicies(Element& response, const std::vector<Policy>& policies, OidList& oids)
{
    Element& list = append(response, makeElement(name("policies")));
    for (const Policy& policy : policies) {
        Element& element = append(list, makeElement(name("policy")));
        addReference(element, "policyOIDReference", policy.templateOid, oids);
        if (policy.authorities.empty()) {
            append(element, makeNil(name("cAs")));
        } else {
            Element& authorities = append(element, makeElement(name("cAs")));
            for (const std::size_t place : policy.authorities)
                addNumber(authorities, "cAReference", place);
        }
        addAttributes(element, policy, oids);
    }
}

void addAuthorities(Element& root, const std::vector<Authority>& authorities)
{
    if (authorities.empty()) {
        append(root, makeNil(name("cAs")));
        return;
    }
    Element& list = append(root, makeElement(name("cAs")));
    for (std::size_t place = 0; place < authorities.size(); ++place) {
        const Authority& authority = authorities[place];
        Element& element = append(list, makeElement(name("cA")));
        Element& uris = append(element, makeElement(name("uris")));
        for (const EnrollmentUri& uri : authority.uris) {
            Element& one = append(uris, makeElement(name("cAURI")));
            addNumber(one, "clientAuthentication", static_cast<std::uint32_t>(uri.authentication));
            addText(one, "uri", std::string_view(uri.uri));
            addNumber(one, "priority", uri.priority);
            addBoolean(one, "renewalOnly", uri.renewalOnly);
        }
        addText(element, "certificate", std::string_view(toBase64(authority.certificate)));
        addBoolean(element, "enrollPermission", authority.enrollPermission);
        addNumber(element, "cAReferenceID", place);
    }
}

void addOids(Element& root, const OidList& oids)
{
    Element& list = append(root, makeElement(name("oIDs")));
    for (std::size_t place = 0; place < oids.all().size(); ++place) {
        const Oid& oid = oids.all()[place];
        Element& element = append(list, makeElement(name("oID")));
        addText(element, "value", std::string_view(oid.value));
        addNumber(element, "group", static_cast<std::uint32_t>(oid.group));
        addNumber(element, "oIDReferenceID", place);
        addText(element, "defaultName", std::string_view(oid.name));
    }
}

} // namespace

Element toElement(const PolicyAnswer& answer)
{
    Element root = makeElement(name("GetPoliciesResponse"));
    Element& response = append(root, makeElement(name("response")));
    addText(response, "policyID", std::string_view(answer.policyId));
    addText(response, "policyFriendlyName", answer.friendlyName);
    addNumber(response, "nextUpdateHours", answer.nextUpdateHours);
    addBoolean(response, "policiesNotChanged",
        answer.notChanged ? std::optional<bool>(true) : std::nullopt);
    if (answer.notChanged || answer.policies.empty()) {
        append(response, makeNil(name("policies")));
        append(root, makeNil(name("cAs")));
        append(root, makeNil(name("oIDs")));
        return root;
    }
    OidList oids;
    addPolicies(response, answer.policies, oids);
    for (const Oid& oid : answer.furtherOids)
        oids.referenceTo(oid);
    // The reference to `response` is dead from here on: root gets new children.
    addAuthorities(root, answer.authorities);
    addOids(root, oids);
    return root;
}

} // namespace perennial::enrollment::xcep
