// Certificates from foreign hands, as DER and as PEM: everything that is read of an accepted one.
#include "shared/x509/certificate.h"

#include <cstdlib>

using namespace perennial;

namespace {

void readAll(const x509::Certificate& certificate)
{
    for (const auto& name : certificate.alternativeNames())
        if (!isValidUtf8(toText(name))) std::abort();
    for (const auto& oid : certificate.extensionOids()) {
        static_cast<void>(certificate.isExtensionCritical(oid));
        static_cast<void>(certificate.extension(oid));
    }
    const auto texts = {certificate.subject(), certificate.issuer(), certificate.commonName(),
        certificate.displayName(), certificate.serial(), certificate.keyType(),
        certificate.signatureAlgorithm(), certificate.fingerprint(), certificate.publicKeyPin()};
    for (const auto& text : texts)
        if (!isValidUtf8(text)) std::abort();
    static_cast<void>(certificate.templateInformation());
    static_cast<void>(certificate.extendedKeyUsages());
    static_cast<void>(certificate.isAuthority());
    static_cast<void>(certificate.isSignedBy(certificate));
    if (certificate.notBefore().time_since_epoch().count() < -62'167'219'200) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    if (const auto certificate = x509::Certificate::fromDer(input)) {
        if (certificate->toDer() != input) std::abort();
        readAll(*certificate);
        if (!(*x509::Certificate::fromPem(certificate->toPem()) == *certificate)) std::abort();
    }
    if (const auto all = x509::Certificate::allFromPem(input)) {
        for (const auto& certificate : *all)
            readAll(certificate);
    }
    return 0;
}
