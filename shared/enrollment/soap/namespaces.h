#pragma once

#include <string_view>

// Namespaces, URIs and actions of SOAP 1.2, WS-Addressing, WS-Security, WS-Trust, MS-XCEP and
// MS-WSTEP.
namespace perennial::enrollment::soap {

namespace space {
inline constexpr std::string_view envelope = "http://www.w3.org/2003/05/soap-envelope";
inline constexpr std::string_view addressing = "http://www.w3.org/2005/08/addressing";
inline constexpr std::string_view security =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
inline constexpr std::string_view utility =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
inline constexpr std::string_view policy =
    "http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy";
inline constexpr std::string_view enrollment =
    "http://schemas.microsoft.com/windows/pki/2009/01/enrollment";
inline constexpr std::string_view trust = "http://docs.oasis-open.org/ws-sx/ws-trust/200512";
inline constexpr std::string_view authorization =
    "http://schemas.xmlsoap.org/ws/2006/12/authorization";
inline constexpr std::string_view diagnostics =
    "http://schemas.microsoft.com/2004/09/ServiceModel/Diagnostics";
inline constexpr std::string_view dispatcher =
    "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher";
inline constexpr std::string_view instance = "http://www.w3.org/2001/XMLSchema-instance";
inline constexpr std::string_view xml = "http://www.w3.org/XML/1998/namespace";
} // namespace space

namespace action {
inline constexpr std::string_view getPolicies =
    "http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy/IPolicy/GetPolicies";
inline constexpr std::string_view getPoliciesResponse =
    "http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy/IPolicy/GetPoliciesResponse";
inline constexpr std::string_view requestSecurityToken =
    "http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RST/wstep";
inline constexpr std::string_view requestSecurityTokenResponse =
    "http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RSTRC/wstep";
inline constexpr std::string_view keyExchange =
    "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/KET";
inline constexpr std::string_view keyExchangeResponse =
    "http://docs.oasis-open.org/ws-sx/ws-trust/200512/RSTR/KETFinal";
inline constexpr std::string_view enrollmentFault =
    "http://schemas.microsoft.com/windows/pki/2009/01/enrollment/"
    "RequestSecurityTokenCertificateEnrollmentWSDetailFault";
inline constexpr std::string_view dispatcherFault =
    "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher/fault";
inline constexpr std::string_view fault = "http://www.w3.org/2005/08/addressing/soap/fault";
} // namespace action

} // namespace perennial::enrollment::soap
