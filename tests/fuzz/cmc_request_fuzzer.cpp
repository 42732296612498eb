// What is inside a CMC full request, past its signature: PKIData, RegInfo, names and values.
#include "shared/enrollment/request/request_parts.h"
#include "shared/x509/cmc_request.h"

#include <cstdlib>

using namespace perennial;
using namespace perennial::enrollment::request;

namespace {

void checkClean(const Attributes& attributes)
{
    for (const auto& pair : attributes) {
        if (pair.name.empty()) std::abort();
        for (const char c : pair.name + pair.value)
            if (static_cast<unsigned char>(c) < 0x20U) std::abort();
    }
}

bool same(const x509::PkiData& a, const x509::PkiData& b)
{
    if (a.controls.size() != b.controls.size() || a.requests.size() != b.requests.size())
        return false;
    for (std::size_t i = 0; i < a.controls.size(); ++i)
        if (a.controls[i].oid != b.controls[i].oid) return false;
    for (std::size_t i = 0; i < a.requests.size(); ++i)
        if (a.requests[i].pkcs10 != b.requests[i].pkcs10) return false;
    return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    Attributes attributes;
    (void)addRegInfo(input, attributes);
    (void)addPairs(std::vector<Bytes>{Bytes(input)}, attributes);
    checkClean(attributes);
    if (const auto pair = x509::nameValueFromDer(input)) {
        const auto again = x509::nameValueToDer(*pair);
        if (again && x509::nameValueFromDer(*again).value() != *pair) std::abort();
    }
    (void)x509::addedAttributesFromDer(input);
    (void)x509::regInfoFromDer(input);
    if (const auto data = x509::decodePkiData(input)) {
        for (const auto& request : data->requests)
            (void)parsePkcs10(request.pkcs10);
        const auto once = x509::encodePkiData(*data);
        if (once && !same(x509::decodePkiData(*once).value(), *data)) std::abort();
    }
    return 0;
}
