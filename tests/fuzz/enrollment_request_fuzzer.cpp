#include "shared/enrollment/request/certificate_request.h"
#include "shared/enrollment/request/cmc_response.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial;
using namespace perennial::enrollment::request;

namespace {

// Possession of the key is proven by the request or, around a null signature, by the message.
void check(const x509::SigningRequest& request)
{
    if (!request.isSelfSigned() && !request.isNullSigned()) std::abort();
}

} // namespace

// Requests as a server gets them, responses as a client does, and the body inside.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view der(reinterpret_cast<const char*>(data), size);
    const auto read = readRequest(der);
    if (const auto* fresh = std::get_if<NewRequest>(&read)) check(fresh->request);
    if (const auto* renewal = std::get_if<RenewalRequest>(&read)) check(renewal->request);
    if (const auto response = readCmcResponse(der)) {
        for (const auto& certificate : response->certificates) {
            const auto key = certificate.publicKeyDer();
            const auto picked = pickIssuedCertificate("", der, key);
            if (picked && picked->certificate.publicKeyDer() != key) std::abort();
        }
    }
    if (const auto status = x509::decodeCmcStatus(der)) {
        const auto once = x509::encodeCmcStatus(*status);
        if (once && x509::decodeCmcStatus(*once).value() != *status) std::abort();
    }
    return 0;
}
