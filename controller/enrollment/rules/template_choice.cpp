#include "controller/enrollment/rules/request_rules.h"

#include <algorithm>
#include <cctype>

namespace perennial::enrollment::server {

namespace {

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

const CertificateTemplate* findByName(const Templates& templates, const std::string& name)
{
    for (const auto& [key, found] : templates) {
        if (lowered(key) == lowered(name)) return &found;
    }
    return nullptr;
}

// Major and minor are compared apart (MS-WCCE 3.2.2.6.2.1.4.2), so 100.4 is "newer" than 101.0. A
// renewal that copies the version of the certificate it renews asks for nothing newer.
std::optional<Refusal> refuseVersion(const CertificateTemplate& t,
    const x509::TemplateInformation& asked, const std::optional<x509::Certificate>& old)
{
    if (old && old->templateInformation() == asked) return std::nullopt;
    if (asked.majorVersion <= t.majorVersion && asked.minorVersion <= t.minorVersion)
        return std::nullopt;
    return Refusal{HResult::BadTemplateVersion,
        "The request is for a newer version of template " + t.name + " than this service has."};
}

} // namespace

ChosenTemplate chooseTemplate(const Templates& templates, const x509::SigningRequest& request,
    const std::vector<wstep::ContextItem>& context, const std::optional<x509::Certificate>& old)
{
    std::vector<const CertificateTemplate*> named;
    if (const auto information = request.templateInformation()) {
        if (!information->oid.empty()) {
            const auto* found = findByOid(templates, information->oid);
            if (found != nullptr) {
                if (auto refusal = refuseVersion(*found, *information, old))
                    return {nullptr, refusal};
            }
            named.push_back(found);
        }
        // certmonger writes both extensions when it is told both.
        if (information->oid.empty() || !information->name.empty())
            named.push_back(findByName(templates, information->name));
    }
    for (const auto& item : context) {
        if (lowered(item.name) == "certificatetemplate")
            named.push_back(findByName(templates, item.value));
    }
    if (named.empty())
        return {nullptr,
            Refusal{HResult::NoCertificateType, "The request names no certificate template."}};
    if (std::find(named.begin(), named.end(), nullptr) != named.end())
        return {nullptr, Refusal{HResult::UnsupportedCertificateType,
                             "The requested certificate template is not supported by this CA."}};
    if (std::any_of(named.begin(), named.end(), [&](const auto* t) { return t != named.front(); }))
        return {nullptr, Refusal{HResult::TemplateConflict,
                             "The request names more than one certificate template."}};
    return {named.front(), std::nullopt};
}

std::optional<Refusal> refuseAttributes(const std::vector<wstep::ContextItem>& attributes)
{
    for (const auto& item : attributes) {
        const auto name = lowered(item.name);
        if (name == "requestername")
            return Refusal{HResult::RestrictedOfficer,
                "Enrolment on behalf of others is not allowed on this CA."};
        // Windows tells the name of its machine; nothing follows from it.
        if (name != "certificatetemplate" && name != "ccm")
            return Refusal{HResult::InvalidArgument,
                "The request attribute " + toPrintable(item.name, 64) + " is not accepted."};
    }
    return std::nullopt;
}

} // namespace perennial::enrollment::server
