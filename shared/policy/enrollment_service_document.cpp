#include "shared/policy/document_kinds.h"
#include "shared/policy/endpoint_url.h"
#include "shared/x509/certificate.h"

namespace perennial::policy {

namespace {

std::vector<std::string> readEndpoints(DocumentReader& in, const std::string& key)
{
    std::vector<std::string> urls;
    for (const auto& [url, line] : in.texts(key)) {
        if (const auto status = checkEndpointUrl(url); !status)
            in.problem(key, line, quoted(url) + " " + status.error().message);
        urls.push_back(url);
    }
    return urls;
}

} // namespace

std::string readAuthorities(DocumentReader& in, const std::string& key)
{
    const auto pem = in.text(key);
    if (!pem) return {};
    if (pem->find("PRIVATE KEY-----") != std::string::npos) {
        in.problem(key, "holds a private key; it is known to everybody who reads this file now");
        return {};
    }
    const auto certificates = x509::Certificate::allFromPem(*pem);
    if (!certificates) {
        in.problem(key, certificates.error().message);
        return {};
    }
    if (certificates->empty()) in.problem(key, "has no PEM certificate");
    for (const auto& certificate : *certificates) {
        if (!certificate.isAuthority())
            in.problem(key, "has " + quoted(certificate.subject()) +
                                ", which is not an authority (basicConstraints CA:TRUE)");
    }
    return *pem;
}

model::EnrollmentService readEnrollmentService(const yaml::Value& document, ProblemList& problems)
{
    DocumentReader in(document, "", enrollmentServiceKeys, problems);
    model::EnrollmentService service;
    service.name = in.identifier("name").value_or("");
    if (in.has("issuer")) service.issuer = in.identifier("issuer").value_or("");
    service.policyEndpoints = readEndpoints(in, "policy_endpoints");
    service.enrollmentEndpoints = readEndpoints(in, "enrollment_endpoints");
    if (service.issuer == "ces" && !in.has("policy_endpoints") && !in.has("enrollment_endpoints"))
        in.problem("policy_endpoints", "is missing, and enrollment_endpoints too: one is needed");
    if (service.issuer == "ces" && (in.has("policy_endpoints") || in.has("enrollment_endpoints")) &&
        service.policyEndpoints.empty() && service.enrollmentEndpoints.empty())
        in.problem(in.has("policy_endpoints") ? "policy_endpoints" : "enrollment_endpoints",
            "has no URL, and the other list has none");
    if (in.has("request_format")) {
        service.requestFormat = in.identifier("request_format").value_or("cms");
        const auto& format = service.requestFormat;
        if (format != "cms" && format != "cmc" && format != "pkcs10")
            in.problem("request_format", quoted(format) + " is none of cms, cmc, pkcs10");
    }
    if (in.has("revocation_url")) {
        service.revocationUrl = in.text("revocation_url").value_or("");
        if (const auto status = checkEndpointUrl(service.revocationUrl); !status)
            in.problem(
                "revocation_url", quoted(service.revocationUrl) + " " + status.error().message);
    }
    service.tlsTrustPem = readAuthorities(in, "tls_trust");
    service.issuerTrustPem = readAuthorities(in, "issuer_trust");
    return service;
}

} // namespace perennial::policy
