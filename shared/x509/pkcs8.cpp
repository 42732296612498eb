#include "shared/x509/pkcs8.h"

#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/private_key_parts.h"
#include "shared/x509/public_key.h"

#include <openssl/crypto.h>
#include <openssl/objects.h>

namespace perennial::x509 {

namespace {

bool isAccepted(const ASN1_OBJECT* algorithm)
{
    switch (OBJ_obj2nid(algorithm)) {
    case NID_rsaEncryption:
    case NID_rsassaPss:
    case NID_X9_62_id_ecPublicKey:
    case NID_ED25519:
    case NID_ED448: return true;
    default: return false;
    }
}

bool hasNamedCurve(const X509_ALGOR* algorithm)
{
    return OBJ_obj2nid(algorithm->algorithm) != NID_X9_62_id_ecPublicKey ||
           (algorithm->parameter != nullptr && algorithm->parameter->type == V_ASN1_OBJECT);
}

KeyHandle readUsual(const PKCS8_PRIV_KEY_INFO* info)
{
    const ASN1_OBJECT* name = nullptr;
    const unsigned char* content = nullptr;
    const X509_ALGOR* algorithm = nullptr;
    int size = 0;
    if (PKCS8_pkey_get0(&name, &content, &size, &algorithm, info) != 1 ||
        OBJ_obj2nid(name) != NID_X9_62_id_ecPublicKey)
        return {};
    return readUsualPrivateKey(algorithm->parameter->value.object,
        {reinterpret_cast<const char*>(content), static_cast<std::size_t>(size)});
}

} // namespace

Result<KeyHandle> keyOf(const PKCS8_PRIV_KEY_INFO* info)
{
    const X509_ALGOR* algorithm = nullptr;
    const ASN1_OBJECT* name = nullptr;
    if (info == nullptr || PKCS8_pkey_get0(&name, nullptr, nullptr, &algorithm, info) != 1 ||
        !isAccepted(name) || !hasNamedCurve(algorithm))
        return Error{ErrorKind::InvalidInput, "a type of key that is not supported"};
    clearOpensslErrors();
    auto key = readUsual(info);
    if (!key) key.reset(EVP_PKCS82PKEY(info));
    if (!key) return opensslError(ErrorKind::InvalidInput, "not a private key");
    if (const auto size = checkKeySize(key.get()); !size) return size.error();
    return key;
}

} // namespace perennial::x509
