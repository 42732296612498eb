#pragma once

#include "shared/x509/certificate.h"
#include "shared/x509/openssl_handles.h"
#include "shared/x509/signing_request.h"

#include <optional>
#include <vector>

// What certificates and requests have in common: a list of extensions.
namespace perennial::x509 {

using ExtensionList = STACK_OF(X509_EXTENSION);

// Refuses repeated extensions, OIDs too long to be written, and content that breaks its own syntax
// where decisions rest on it (names, usages, constraints, policies, template).
Status checkExtensions(const ExtensionList* list);

std::vector<Extension> listExtensions(const ExtensionList* list);
const X509_EXTENSION* findExtension(const ExtensionList* list, std::string_view oid);
std::optional<Bytes> extensionValue(const ExtensionList* list, std::string_view oid);

std::vector<GeneralName> alternativeNamesOf(const ExtensionList* list);
std::vector<std::string> extendedKeyUsagesOf(const ExtensionList* list);
std::vector<std::string> policyIdentifiersOf(const ExtensionList* list, std::string_view oid);
std::optional<TemplateInformation> templateInformationOf(const ExtensionList* list);

Result<ExtensionHandle> toHandle(const Extension& extension);

} // namespace perennial::x509
