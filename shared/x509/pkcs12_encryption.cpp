#include "shared/x509/pkcs12_encryption.h"

#include "shared/x509/openssl_errors.h"

#include <algorithm>
#include <array>
#include <openssl/objects.h>
#include <openssl/pkcs12.h>
#include <string>

namespace perennial::x509 {

namespace {

template <class Parameters, auto Free>
std::unique_ptr<Parameters, FreeWith<Free>> parametersOf(
    const X509_ALGOR* algorithm, const ASN1_ITEM* form)
{
    const void* value = nullptr;
    int type = V_ASN1_UNDEF;
    X509_ALGOR_get0(nullptr, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE || value == nullptr) return nullptr;
    return std::unique_ptr<Parameters, FreeWith<Free>>(
        static_cast<Parameters*>(ASN1_item_unpack(static_cast<const ASN1_STRING*>(value), form)));
}

int nidOf(const X509_ALGOR* algorithm)
{
    const ASN1_OBJECT* object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
    return OBJ_obj2nid(object);
}

Error refusal(const std::string& what) { return {ErrorKind::InvalidInput, "PKCS#12: " + what}; }

} // namespace

Status IterationBudget::spend(const ASN1_INTEGER* iterations)
{
    std::int64_t count = 1;
    if (iterations != nullptr && ASN1_INTEGER_get_int64(&count, iterations) != 1) count = -1;
    clearOpensslErrors();
    if (count < 1 || count > left_)
        return refusal("its iteration counts are over what is allowed, or below 1");
    left_ -= count;
    return {};
}

Status IterationBudget::spend(const X509_ALGOR* encryption)
{
    const int nid = nidOf(encryption);
    constexpr std::array legacy = {NID_pbe_WithSHA1And40BitRC2_CBC,
        NID_pbe_WithSHA1And128BitRC2_CBC, NID_pbe_WithSHA1And40BitRC4,
        NID_pbe_WithSHA1And128BitRC4};
    const bool old = std::find(legacy.begin(), legacy.end(), nid) != legacy.end();
    sawLegacy_ = sawLegacy_ || old;
    if (old || nid == NID_pbe_WithSHA1And3_Key_TripleDES_CBC ||
        nid == NID_pbe_WithSHA1And2_Key_TripleDES_CBC) {
        const auto parameters =
            parametersOf<PBEPARAM, &PBEPARAM_free>(encryption, ASN1_ITEM_rptr(PBEPARAM));
        return parameters ? spend(parameters->iter) : refusal("damaged encryption parameters");
    }
    if (nid == NID_pbes2) {
        const auto scheme =
            parametersOf<PBE2PARAM, &PBE2PARAM_free>(encryption, ASN1_ITEM_rptr(PBE2PARAM));
        if (scheme && nidOf(scheme->keyfunc) == NID_id_pbkdf2) {
            const auto parameters = parametersOf<PBKDF2PARAM, &PBKDF2PARAM_free>(
                scheme->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM));
            if (parameters) return spend(parameters->iter);
        }
    }
    clearOpensslErrors();
    return refusal("encrypted in a way that is not supported");
}

} // namespace perennial::x509
