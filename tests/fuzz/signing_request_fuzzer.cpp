// Certificate requests from foreign hands: everything that is read of an accepted one.
#include "shared/x509/signing_request.h"

#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    const auto request = x509::SigningRequest::fromDer(input);
    if (!request) return 0;
    if (request->toDer() != input) std::abort();
    if (!isValidUtf8(request->subject())) std::abort();
    for (const auto& oid : request->attributeOids())
        if (request->attributeValues(oid).empty()) std::abort();
    for (const auto& extension : request->extensions())
        if (request->extension(extension.oid) != extension.value) std::abort();
    // What was read can be written, except names of kinds and shapes that are never written.
    static_cast<void>(x509::alternativeNameExtension(request->alternativeNames()));
    static_cast<void>(request->templateInformation());
    static_cast<void>(request->isSelfSigned());
    static_cast<void>(request->keyType());
    return 0;
}
