#include "controller/enrollment/api/service_description.h"

#include "shared/enrollment/soap/namespaces.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

std::string escaped(std::string_view text)
{
    std::string safe;
    for (const char c : text) {
        if (c == '&')
            safe += "&amp;";
        else if (c == '<')
            safe += "&lt;";
        else if (c == '"')
            safe += "&quot;";
        else
            safe += c;
    }
    return safe;
}

struct Operation {
    std::string_view space; // of service and messages
    std::string_view messageSpace;
    const char* portType;
    const char* name;
    const char* request;
    const char* response;
    std::string_view action;
    std::string_view responseAction;
};

constexpr Operation policies = {soap::space::policy, soap::space::policy, "IPolicy", "GetPolicies",
    "GetPolicies", "GetPoliciesResponse", soap::action::getPolicies,
    soap::action::getPoliciesResponse};
constexpr Operation tokens = {soap::space::enrollment, soap::space::trust, "ISecurityTokenService",
    "RequestSecurityToken", "RequestSecurityToken", "RequestSecurityTokenResponseCollection",
    soap::action::requestSecurityToken, soap::action::requestSecurityTokenResponse};

std::string describe(const Operation& o, const std::string& url)
{
    const std::string name = o.name;
    const std::string port = o.portType;
    const auto text = [](std::string_view view) { return std::string(view); };
    return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
           "<wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\""
           " xmlns:soap12=\"http://schemas.xmlsoap.org/wsdl/soap12/\""
           " xmlns:wsaw=\"http://www.w3.org/2006/05/addressing/wsdl\""
           " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:t=\"" +
           text(o.space) + "\" xmlns:m=\"" + text(o.messageSpace) + "\" targetNamespace=\"" +
           text(o.space) + "\">\n<wsdl:types><xs:schema targetNamespace=\"" + text(o.messageSpace) +
           "\"><xs:element name=\"" + o.request + "\"/><xs:element name=\"" + o.response +
           "\"/></xs:schema></wsdl:types>\n" +
           "<wsdl:message name=\"Request\"><wsdl:part name=\"body\" element=\"m:" + o.request +
           "\"/></wsdl:message>\n<wsdl:message name=\"Response\"><wsdl:part name=\"body\""
           " element=\"m:" +
           o.response + "\"/></wsdl:message>\n<wsdl:portType name=\"" + port +
           "\"><wsdl:operation name=\"" + name + "\"><wsdl:input wsaw:Action=\"" + text(o.action) +
           "\" message=\"t:Request\"/><wsdl:output wsaw:Action=\"" + text(o.responseAction) +
           "\" message=\"t:Response\"/></wsdl:operation></wsdl:portType>\n"
           "<wsdl:binding name=\"Soap12\" type=\"t:" +
           port +
           "\"><soap12:binding transport=\"http://schemas.xmlsoap.org/soap/http\"/>"
           "<wsdl:operation name=\"" +
           name + "\"><soap12:operation soapAction=\"" + text(o.action) +
           "\" style=\"document\"/><wsdl:input><soap12:body use=\"literal\"/></wsdl:input>"
           "<wsdl:output><soap12:body use=\"literal\"/></wsdl:output></wsdl:operation>"
           "</wsdl:binding>\n<wsdl:service name=\"Service\"><wsdl:port name=\"Soap12\""
           " binding=\"t:Soap12\"><soap12:address location=\"" +
           escaped(url) + "\"/></wsdl:port></wsdl:service>\n</wsdl:definitions>\n";
}

bool asksFor(const http::Call& call, const std::string& endpoint)
{
    const auto asked = lowered(call.path);
    const auto path = lowered(endpoint);
    if (asked == path)
        return std::any_of(call.query.begin(), call.query.end(), [](const auto& item) {
            return lowered(item.first) == "wsdl" || lowered(item.first) == "singlewsdl";
        });
    const std::string file = "/service.svc/";
    const auto at = path.rfind(file);
    if (at == std::string::npos) return false;
    const auto base = path.substr(0, at + file.size() - 1);
    return asked == base || asked == base + "/mex";
}

} // namespace

std::optional<http::Answer> describeService(const EnrollmentConfig& config, const http::Call& call)
{
    if (call.method != "GET") return std::nullopt;
    const auto answer = [&](const Operation& operation, const std::string& path) {
        return http::Answer{
            200, "text/xml; charset=utf-8", describe(operation, config.urlOf(path)), {}};
    };
    for (const auto& provider : config.policyProviders) {
        if (asksFor(call, provider.path)) return answer(policies, provider.path);
    }
    for (const auto& service : config.enrollmentServices) {
        if (asksFor(call, service.path)) return answer(tokens, service.path);
    }
    return std::nullopt;
}

} // namespace perennial::enrollment::server
