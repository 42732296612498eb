#include "shared/protocol/policy_messages.h"

namespace perennial::protocol {

namespace {

constexpr std::size_t pemLimit = 256U << 10U;

Json list(const std::vector<std::string>& texts)
{
    return Json(Json::Array(texts.begin(), texts.end()));
}

Json seconds(Duration duration) { return static_cast<std::int64_t>(duration.count()); }

Json toJson(const model::Window& window)
{
    Json json;
    json["days"] = Json(Json::Array(window.days.begin(), window.days.end()));
    json["from_seconds"] = seconds(window.from);
    json["to_seconds"] = seconds(window.to);
    return json;
}

Result<model::Window> windowFromJson(const Json& json)
{
    JsonReader in(json, "window");
    model::Window window;
    for (const auto& day : in.array("days", 7)) {
        const auto* number = day.integer();
        if (number == nullptr || *number < 0 || *number > 6) {
            in.fail("days", "must be 0 to 6");
            break;
        }
        window.days.push_back(static_cast<int>(*number));
    }
    window.from = Duration(in.integer("from_seconds"));
    window.to = Duration(in.integer("to_seconds"));
    if (auto status = in.finish(); !status) return status.error();
    return window;
}

Json toJson(const model::NewEnrollment& enroll)
{
    Json json;
    json["credential"] = enroll.credential;
    json["template"] = enroll.templateName;
    return json;
}

Result<model::NewEnrollment> newEnrollmentFromJson(const Json& json)
{
    JsonReader in(json, "enroll");
    model::NewEnrollment enroll;
    enroll.credential = in.string("credential");
    enroll.templateName = in.string("template");
    if (auto status = in.finish(); !status) return status.error();
    return enroll;
}

Json toJson(const model::WantedPlace& place)
{
    Json json;
    json["certificate"] = place.certificatePath;
    json["key"] = place.keyPath;
    json["names"] = list(place.names);
    json["service"] = place.service;
    json["listeners"] = list(place.listeners);
    return json;
}

Result<model::WantedPlace> wantedPlaceFromJson(const Json& json)
{
    JsonReader in(json, "place");
    model::WantedPlace place{in.string("certificate"), in.string("key"), in.strings("names"),
        in.string("service"), in.strings("listeners")};
    if (auto status = in.finish(); !status) return status.error();
    return place;
}

} // namespace

Json toJson(const model::EnrollmentService& service)
{
    Json json;
    json["name"] = service.name;
    json["issuer"] = service.issuer;
    json["policy_endpoints"] = list(service.policyEndpoints);
    json["enrollment_endpoints"] = list(service.enrollmentEndpoints);
    json["tls_trust"] = service.tlsTrustPem;
    json["issuer_trust"] = service.issuerTrustPem;
    if (service.requestFormat != "cms") json["request_format"] = service.requestFormat;
    if (!service.revocationUrl.empty()) json["revocation_url"] = service.revocationUrl;
    return json;
}

Result<model::EnrollmentService> enrollmentServiceFromJson(const Json& json)
{
    JsonReader in(json, "service");
    model::EnrollmentService service;
    service.name = in.string("name");
    service.issuer = in.string("issuer");
    service.policyEndpoints = in.strings("policy_endpoints");
    service.enrollmentEndpoints = in.strings("enrollment_endpoints");
    service.tlsTrustPem = in.string("tls_trust", pemLimit);
    service.issuerTrustPem = in.string("issuer_trust", pemLimit);
    service.revocationUrl = in.optionalString("revocation_url").value_or("");
    service.requestFormat = in.optionalString("request_format").value_or("cms");
    if (service.requestFormat != "cms" && service.requestFormat != "cmc" &&
        service.requestFormat != "pkcs10")
        in.fail("request_format", "is none of cms, cmc, pkcs10");
    if (auto status = in.finish(); !status) return status.error();
    return service;
}

Json toJson(const model::CertificatePolicy& policy)
{
    Json labels(Json::Object{});
    for (const auto& [key, value] : policy.agentLabels)
        labels[key] = value;
    Json json;
    json["name"] = policy.name;
    json["priority"] = policy.priority;
    json["labels"] = std::move(labels);
    json["issuers"] = list(policy.issuers);
    json["names"] = list(policy.names);
    json["services"] = list(policy.services);
    json["before_seconds"] = seconds(policy.renewBefore);
    json["spread_seconds"] = seconds(policy.spread);
    if (policy.window) json["window"] = toJson(*policy.window);
    if (policy.autonomousBefore)
        json["autonomous_before_seconds"] = seconds(*policy.autonomousBefore);
    json["enrollment_service"] = policy.enrollmentService;
    json["key_type"] = policy.keyType;
    json["extended_key_usages"] = list(policy.extendedKeyUsages);
    if (policy.onTemplateChange == model::OnTemplateChange::Pause)
        json["on_template_change"] = "pause";
    if (policy.superseded == model::Superseded::Revoke) json["superseded"] = "revoke";
    json["action"] = policy.action;
    if (policy.enroll) json["enroll"] = toJson(*policy.enroll);
    if (policy.place) json["place"] = toJson(*policy.place);
    return json;
}

Result<model::CertificatePolicy> certificatePolicyFromJson(const Json& json)
{
    JsonReader in(json, "policy");
    model::CertificatePolicy policy;
    policy.name = in.string("name");
    policy.priority = static_cast<int>(in.integer("priority"));
    policy.agentLabels = in.stringMap("labels");
    policy.issuers = in.strings("issuers");
    policy.names = in.strings("names");
    policy.services = in.strings("services");
    policy.renewBefore = Duration(in.integer("before_seconds"));
    policy.spread = Duration(in.integer("spread_seconds"));
    if (json.find("window") != nullptr) {
        const auto window = windowFromJson(in.value("window"));
        if (!window) return window.error();
        policy.window = *window;
    }
    if (json.find("autonomous_before_seconds") != nullptr)
        policy.autonomousBefore = Duration(in.integer("autonomous_before_seconds"));
    policy.enrollmentService = in.string("enrollment_service");
    policy.keyType = in.string("key_type");
    policy.extendedKeyUsages = in.strings("extended_key_usages");
    const auto onChange = in.optionalString("on_template_change").value_or("tell");
    if (onChange == "pause")
        policy.onTemplateChange = model::OnTemplateChange::Pause;
    else if (onChange != "tell")
        in.fail("on_template_change", "is none of tell, pause");
    const auto superseded = in.optionalString("superseded").value_or("keep");
    if (superseded == "revoke")
        policy.superseded = model::Superseded::Revoke;
    else if (superseded != "keep")
        in.fail("superseded", "is none of keep, revoke");
    policy.action = in.string("action");
    if (json.find("place") != nullptr) {
        auto place = wantedPlaceFromJson(in.value("place"));
        if (!place) return place.error();
        policy.place = *std::move(place);
    }
    if (json.find("enroll") != nullptr) {
        auto enroll = newEnrollmentFromJson(in.value("enroll"));
        if (!enroll) return enroll.error();
        policy.enroll = *std::move(enroll);
    }
    if (auto status = in.finish(); !status) return status.error();
    return policy;
}

} // namespace perennial::protocol
