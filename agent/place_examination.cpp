#include "agent/place_examination.h"

#include "shared/base/encoding.h"
#include "shared/policy/wanted_places.h"

namespace perennial::agent {

namespace {

std::string listed(const std::vector<std::string>& names)
{
    std::string text;
    for (const auto& name : names)
        text += (text.empty() ? "" : " ") + toPrintable(name, 255);
    return text;
}

Json line(const std::string& step, bool good, const std::string& seen, const std::string& mend = "")
{
    return Json(Json::Object{{"step", step}, {"verdict", good ? "ok" : "bad"},
        {"seen", toPrintable(seen, 2000)}, {"mend", toPrintable(mend, 2000)}});
}

Json credentialLine(
    const std::string& step, const PlaceToExamine& place, const model::CertificatePolicy& policy)
{
    const auto& next = place.next;
    if (next.way == rules::Way::ByHand || !next.problem.empty())
        return line(step, false, next.problem,
            "in `enroll` of policy " + policy.name + ", or under `credentials` of agent.yaml");
    if (!place.slot.isEmpty() && next.way == rules::Way::Key)
        return line(step, true, "a certificate with these names is there; its key renews it");
    return line(step, true,
        "it is asked for by credential " + policy.enroll->credential + ", template " +
            policy.enroll->templateName);
}

std::string mendOf(const Error& error, const std::string& names)
{
    switch (error.kind) {
    case ErrorKind::Unavailable: return "start perennial-installer";
    case ErrorKind::PermissionDenied:
        return "have guard.yaml allow it: `names`, and `enrollments` for this place with " + names;
    case ErrorKind::NotFound:
        return "make the folder; the guard's `stores` and `enrollments` need this place, with both "
               "paths as the policy writes them";
    default: return "";
    }
}

Json installerLine(const std::string& step, const PlaceToExamine& place,
    const model::CertificatePolicy& policy, const std::function<Status(const Renewal&)>& preflight)
{
    const auto names = policy::wantedNames(policy, place.state.host);
    Renewal renewal;
    renewal.order.id = model::OrderId(place.order.empty() ? "doctor" : place.order);
    renewal.order.replaces = place.slot.certificate.fingerprint;
    renewal.place = place.slot.place;
    renewal.oldChainPem = place.slot.certificatePem;
    renewal.policy = policy;
    renewal.enrollment =
        Enrollment{policy.enroll->credential, policy.enroll->templateName, names, policy.keyType};
    const auto status = preflight(renewal);
    if (!status)
        return line(step, false, status.error().message, mendOf(status.error(), listed(names)));
    return line(step, true,
        "it may be placed there for " + listed(names) +
            (policy.action.empty() ? "" : ", with action " + policy.action));
}

} // namespace

Json::Array examinePlace(
    const PlaceToExamine& place, const std::function<Status(const Renewal&)>& preflight)
{
    const auto* policy = place.state.policyFor(place.slot);
    if (policy == nullptr || !policy->place || !policy->enroll) return {};
    const auto step = place.slot.id.text() + " " + toPrintable(place.slot.place.certificatePath);
    return {credentialLine(step + ", credential", place, *policy),
        installerLine(step + ", installer", place, *policy, preflight)};
}

} // namespace perennial::agent
