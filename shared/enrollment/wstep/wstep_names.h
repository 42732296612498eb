#pragma once

#include "shared/enrollment/soap/element.h"
#include "shared/enrollment/soap/namespaces.h"

#include <string_view>

// Element names and URIs of the MS-WSTEP profile, for the two files that read and write it.
namespace perennial::enrollment::wstep {

inline constexpr std::string_view tokenTypeUri =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";
inline constexpr std::string_view encodingUri =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    "#base64binary";
inline constexpr std::string_view pkcs7Uri =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd#PKCS7";
inline constexpr std::string_view pkcs10Uri =
    "http://schemas.microsoft.com/windows/pki/2009/01/enrollment#PKCS10";

inline constexpr soap::Name tokenTypeName{soap::space::trust, "TokenType"};
inline constexpr soap::Name binaryTokenName{soap::space::security, "BinarySecurityToken"};
inline constexpr soap::Name requestIdName{soap::space::enrollment, "RequestID"};

inline constexpr std::size_t requestIdLimit = 128;

// wsse:BinarySecurityToken with the bytes in base64.
soap::Element makeBinaryToken(std::string_view valueType, std::string_view bytes);

} // namespace perennial::enrollment::wstep
