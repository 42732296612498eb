#include "shared/enrollment/xcep/get_policies.h"

#include "shared/enrollment/soap/namespaces.h"
#include "shared/enrollment/soap/xml_values.h"

namespace perennial::enrollment::xcep {

namespace {

using soap::Element;

constexpr soap::Name name(std::string_view local) { return {soap::space::policy, local}; }

// What .NET writes for "never": no date that anyone means.
bool isNever(const Element& element)
{
    return element.strippedText().starts_with("0001-01-01T00:00:00");
}

Status readClient(const Element& client, GetPolicies& question)
{
    if (client.isNil() || client.children.empty()) {
        return Error{ErrorKind::InvalidInput, "GetPolicies with an empty client"};
    }
    const auto lastUpdate = client.optionalChild(name("lastUpdate"));
    if (!lastUpdate) return lastUpdate.error();
    if (*lastUpdate != nullptr && !(*lastUpdate)->isNil() && !isNever(**lastUpdate)) {
        const auto time = soap::readDateTime(**lastUpdate);
        if (!time) return time.error();
        question.lastUpdate = *time;
    }
    const auto language =
        soap::readOptional<std::string>(client, name("preferredLanguage"), soap::readString);
    if (!language) return language.error();
    question.preferredLanguage = language->value_or("");
    return {};
}

Status readFilter(const Element& filter, GetPolicies& question)
{
    const auto oids = filter.optionalChild(name("policyOIDs"));
    if (!oids) return oids.error();
    if (*oids != nullptr && !(*oids)->isNil()) {
        for (const Element* oid : (*oids)->childrenNamed(name("oid")))
            question.policyOids.push_back(oid->strippedText());
    }
    const auto client =
        soap::readOptional<std::int32_t>(filter, name("clientVersion"), soap::readInt);
    if (!client) return client.error();
    const auto server =
        soap::readOptional<std::int32_t>(filter, name("serverVersion"), soap::readInt);
    if (!server) return server.error();
    question.clientVersion = client->value_or(0);
    question.serverVersion = server->value_or(0);
    return {};
}

} // namespace

Element toElement(const GetPolicies& question)
{
    Element root = soap::makeElement(name("GetPolicies"));
    Element& client = append(root, soap::makeElement(name("client")));
    append(client, question.lastUpdate
                       ? soap::makeElement(name("lastUpdate"), toRfc3339(*question.lastUpdate))
                       : soap::makeNil(name("lastUpdate")));
    append(client, question.preferredLanguage.empty()
                       ? soap::makeNil(name("preferredLanguage"))
                       : soap::makeElement(name("preferredLanguage"), question.preferredLanguage));
    Element& filter = append(root, soap::makeElement(name("requestFilter")));
    if (question.policyOids.empty()) {
        append(filter, soap::makeNil(name("policyOIDs")));
    } else {
        Element& oids = append(filter, soap::makeElement(name("policyOIDs")));
        for (const std::string& oid : question.policyOids)
            append(oids, soap::makeElement(name("oid"), oid));
    }
    append(
        filter, soap::makeElement(name("clientVersion"), std::to_string(question.clientVersion)));
    append(
        filter, soap::makeElement(name("serverVersion"), std::to_string(question.serverVersion)));
    return root;
}

Result<GetPolicies> readGetPolicies(const Element& body)
{
    if (!body.is(name("GetPolicies"))) {
        return Error{ErrorKind::InvalidInput, "the SOAP body is no GetPolicies"};
    }
    GetPolicies question;
    const auto client = body.child(name("client"));
    if (!client) return client.error();
    if (const Status status = readClient(**client, question); !status) return status.error();
    const auto filter = body.optionalChild(name("requestFilter"));
    if (!filter) return filter.error();
    if (*filter != nullptr && !(*filter)->isNil()) {
        if (const Status status = readFilter(**filter, question); !status) return status.error();
    }
    return question;
}

} // namespace perennial::enrollment::xcep
