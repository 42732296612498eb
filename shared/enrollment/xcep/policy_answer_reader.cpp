#include "shared/base/encoding.h"
#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/soap/xml_values.h"
#include "shared/enrollment/xcep/element_reader.h"
#include "shared/enrollment/xcep/oid_table.h"
#include "shared/enrollment/xcep/policy_answer.h"

#include <map>

namespace perennial::enrollment::xcep {

namespace {

using soap::Element;
using soap::readBase64;
using soap::readBoolean;
using soap::readInt;
using soap::readString;
using soap::readUnsignedInt;
using soap::readUnsignedLong;

constexpr soap::Name name(std::string_view local) { return {soap::space::policy, local}; }

Error wrong(std::string reason) { return {ErrorKind::InvalidInput, std::move(reason)}; }

class AnswerReader {
public:
    Result<PolicyAnswer> read(const Element& root)
    {
        ElementReader reader(root);
        reader.items("oIDs", "oID", [this](const Element& one) { return oids_.add(one); })
            .items("cAs", "cA", [this](const Element& one) { return readAuthority(one); })
            .inside("response", [this](const Element& one) { return readResponse(one); });
        if (const Status status = reader.status(); !status) return status.error();
        answer_.furtherOids = oids_.neverReferred();
        return std::move(answer_);
    }

private:
    Status readResponse(const Element& response)
    {
        std::optional<bool> notChanged;
        ElementReader reader(response);
        reader.required("policyID", answer_.policyId, readString)
            .optional("policyFriendlyName", answer_.friendlyName, readString)
            .optional("nextUpdateHours", answer_.nextUpdateHours, readUnsignedInt)
            .optional("policiesNotChanged", notChanged, readBoolean)
            .items("policies", "policy", [this](const Element& one) { return readPolicy(one); });
        if (answer_.nextUpdateHours == 0U) answer_.nextUpdateHours.reset();
        answer_.notChanged = notChanged.value_or(false);
        return reader.status();
    }

    Status readAuthority(const Element& element)
    {
        Authority authority;
        std::int32_t reference = 0;
        ElementReader reader(element);
        reader
            .items("uris", "cAURI",
                [&](const Element& one) { return readUri(one, authority.uris.emplace_back()); })
            .required("certificate", authority.certificate, readBase64)
            .required("enrollPermission", authority.enrollPermission, readBoolean)
            .required("cAReferenceID", reference, readInt);
        if (Status status = reader.status(); !status) return status;
        if (!places_.emplace(reference, answer_.authorities.size()).second) {
            return wrong("cAReferenceID " + std::to_string(reference) + " occurs twice");
        }
        answer_.authorities.push_back(std::move(authority));
        return {};
    }

    static Status readUri(const Element& element, EnrollmentUri& uri)
    {
        std::uint32_t authentication = 0;
        ElementReader reader(element);
        reader.required("clientAuthentication", authentication, readUnsignedInt)
            .required("uri", uri.uri, readString)
            .optional("priority", uri.priority, readUnsignedInt)
            .optional("renewalOnly", uri.renewalOnly, readBoolean);
        uri.authentication = ClientAuthentication{authentication};
        return reader.status();
    }

    Status readPolicy(const Element& element)
    {
        Policy policy;
        ElementReader reader(element);
        reader
            .inside("policyOIDReference",
                [&](const Element& one) { return oids_.find(one, policy.templateOid); })
            .items("cAs", "cAReference",
                [&](const Element& one) { return addPlace(one, policy.authorities); })
            .inside("attributes", [&](const Element& one) { return readAttributes(one, policy); });
        answer_.policies.push_back(std::move(policy));
        return reader.status();
    }

    Status addPlace(const Element& element, std::vector<std::size_t>& places) const
    {
        const auto reference = readInt(element);
        if (!reference) return reference.error();
        const auto found = places_.find(*reference);
        if (found == places_.end()) {
            return wrong("reference to cA " + std::to_string(*reference) + ", which is not there");
        }
        places.push_back(found->second);
        return {};
    }

    Status readAttributes(const Element& element, Policy& policy)
    {
        ElementReader reader(element);
        reader.required("commonName", policy.commonName, readString)
            .required("policySchema", policy.schema, readUnsignedInt)
            .inside("certificateValidity",
                [&](const Element& one) {
                    return ElementReader(one)
                        .required("validityPeriodSeconds", policy.validitySeconds, readUnsignedLong)
                        .required("renewalPeriodSeconds", policy.renewalSeconds, readUnsignedLong)
                        .status();
                })
            .inside("permission",
                [&](const Element& one) {
                    return ElementReader(one)
                        .required("enroll", policy.mayEnroll, readBoolean)
                        .required("autoEnroll", policy.mayAutoEnroll, readBoolean)
                        .status();
                })
            .inside("privateKeyAttributes",
                [&](const Element& one) { return readPrivateKey(one, policy.privateKey); })
            .inside("revision",
                [&](const Element& one) {
                    return ElementReader(one)
                        .required("majorRevision", policy.majorRevision, readUnsignedInt)
                        .optional("minorRevision", policy.minorRevision, readUnsignedInt)
                        .status();
                })
            .items("supersededPolicies", "commonName",
                [&](const Element& one) {
                    policy.supersededTemplates.push_back(one.strippedText());
                    return Status();
                })
            .optional("privateKeyFlags", policy.privateKeyFlags, readUnsignedInt)
            .optional("subjectNameFlags", policy.subjectNameFlags, readUnsignedInt)
            .optional("enrollmentFlags", policy.enrollmentFlags, readUnsignedInt)
            .optional("generalFlags", policy.generalFlags, readUnsignedInt)
            .insideOptional("hashAlgorithmOIDReference",
                [&](const Element& one) { return oids_.find(one, policy.hashAlgorithm.emplace()); })
            .insideOptional("rARequirements",
                [&](const Element& one) {
                    return readRequirements(one, policy.registrationAuthority.emplace());
                })
            .insideOptional("keyArchivalAttributes",
                [&](const Element& one) { return readArchival(one, policy.keyArchival.emplace()); })
            .items("extensions", "extension", [&](const Element& one) {
                return readExtension(one, policy.extensions.emplace_back());
            });
        return reader.status();
    }

    Status readPrivateKey(const Element& element, PrivateKeyAttributes& key)
    {
        ElementReader reader(element);
        reader.required("minimalKeyLength", key.minimalKeyLength, readUnsignedInt)
            .optional("keySpec", key.keySpec, readUnsignedInt)
            .optional("keyUsageProperty", key.keyUsageProperty, readUnsignedInt)
            .optional("permissions", key.permissions, readString)
            .insideOptional("algorithmOIDReference",
                [&](const Element& one) { return oids_.find(one, key.algorithm.emplace()); })
            .items("cryptoProviders", "provider", [&](const Element& one) {
                key.cryptoProviders.push_back(one.strippedText());
                return Status();
            });
        return reader.status();
    }

    Status readRequirements(const Element& element, RegistrationAuthorityRequirements& place)
    {
        ElementReader reader(element);
        reader.required("rASignatures", place.signatures, readUnsignedInt)
            .items("rAEKUs", "oIDReference",
                [&](const Element& one) {
                    return oids_.find(one, place.extendedKeyUsages.emplace_back());
                })
            .items("rAPolicies", "oIDReference",
                [&](const Element& one) { return oids_.find(one, place.policies.emplace_back()); });
        return reader.status();
    }

    Status readArchival(const Element& element, KeyArchivalAttributes& place)
    {
        return ElementReader(element)
            .inside("symmetricAlgorithmOIDReference",
                [&](const Element& one) { return oids_.find(one, place.symmetricAlgorithm); })
            .required("symmetricAlgorithmKeyLength", place.symmetricKeyLength, readUnsignedInt)
            .status();
    }

    Status readExtension(const Element& element, PolicyExtension& place)
    {
        return ElementReader(element)
            .inside("oIDReference", [&](const Element& one) { return oids_.find(one, place.type); })
            .optional("critical", place.critical, readBoolean)
            .optional("value", place.value, readBase64)
            .status();
    }

    PolicyAnswer answer_;
    OidTable oids_;
    std::map<std::int32_t, std::size_t> places_; // cAReferenceID to place
};

} // namespace

Result<PolicyAnswer> readPolicyAnswer(const Element& body)
{
    if (!body.is(name("GetPoliciesResponse"))) {
        return Error{ErrorKind::InvalidInput, "the SOAP body is no GetPoliciesResponse"};
    }
    return AnswerReader().read(body);
}

} // namespace perennial::enrollment::xcep
