#include "controller/enrollment/api/template_list.h"

#include "controller/enrollment/templates/template_risks.h"

namespace perennial::enrollment::server {

namespace {

template <class Texts>
Json list(const Texts& texts)
{
    Json json(Json::Array{});
    for (const auto& text : texts)
        json.push(Json(text));
    return json;
}

Json toJson(const EnrollmentRights& rights)
{
    Json json;
    json["users"] = list(rights.users);
    json["groups"] = list(rights.groups);
    json["certificates"] = list(rights.certificates);
    return json;
}

Json risksOfTemplate(const CertificateTemplate& t)
{
    Json json(Json::Array{});
    for (const auto& risk : risksOf(t)) {
        Json item;
        item["name"] = risk.name;
        item["accepted"] = risk.deadly; // what is deadly and not accepted is not held
        item["what"] = risk.what;
        json.push(std::move(item));
    }
    return json;
}

Json toJson(const CertificateTemplate& t)
{
    Json item;
    item["name"] = t.name;
    item["display_name"] = t.displayName;
    item["oid"] = t.oid;
    item["schema"] = t.schema;
    item["version"] = std::to_string(t.majorVersion) + "." + std::to_string(t.minorVersion);
    item["validity"] = perennial::toText(t.validity);
    item["renewal"] = perennial::toText(t.renewal);
    item["key_algorithms"] = list(t.keyAlgorithms);
    item["extended_key_usages"] = list(t.extendedKeyUsages);
    item["application_policies"] = list(t.policies());
    item["subject"] = t.subjectSupplied ? "supplied" : "built";
    item["names"] = list(t.namePatterns);
    item["wildcards"] = t.wildcards;
    item["manager_approval"] = t.managerApproval;
    item["ra_signatures"] = t.signatures.count;
    item["key_based_renewal"] = t.keyBasedRenewal;
    item["supersedes"] = list(t.supersedes);
    item["flags"]["enrollment"] = static_cast<std::int64_t>(t.enrollmentFlags());
    item["flags"]["private_key"] = static_cast<std::int64_t>(t.privateKeyFlags());
    item["flags"]["subject_name"] = static_cast<std::int64_t>(t.subjectNameFlags());
    item["flags"]["general"] = static_cast<std::int64_t>(t.generalFlags());
    item["rights"]["enroll"] = toJson(t.enroll);
    item["rights"]["autoenroll"] = toJson(t.autoEnroll);
    item["risks"] = risksOfTemplate(t);
    item["risk_reason"] = t.riskReason;
    return item;
}

} // namespace

Json templateList(const TemplateSet& set)
{
    Json body;
    body["changed_at"] = toRfc3339(set.changedAt);
    body["items"] = Json(Json::Array{});
    for (const auto& [name, t] : set.templates)
        body["items"].push(toJson(t));
    return body;
}

} // namespace perennial::enrollment::server
