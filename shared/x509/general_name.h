#pragma once

#include "shared/x509/certificate.h"
#include "shared/x509/openssl_handles.h"

#include <optional>
#include <vector>

namespace perennial::x509 {

// The content of a subjectAltName. A name that is not what its type promises (bytes outside visible
// ASCII in a DNS name, an address of 5 bytes) comes as Other: the DER says exactly what was there.
std::optional<std::vector<GeneralName>> readGeneralNames(std::string_view der);

Result<GeneralNameHandle> makeGeneralName(const GeneralName& name);

} // namespace perennial::x509
