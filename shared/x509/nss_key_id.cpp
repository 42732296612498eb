#include "shared/x509/nss_key_id.h"

#include "shared/x509/der.h"
#include "shared/x509/digest.h"
#include "shared/x509/public_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace perennial::x509 {

Result<Bytes> nssKeyId(std::string_view publicKeyDer)
{
    if (auto status = checkStructure(publicKeyDer, Encoding::Der); !status) return status.error();
    const KeyHandle key = decode<KeyHandle, &d2i_PUBKEY>(publicKeyDer);
    if (!key) return Error{ErrorKind::InvalidInput, "that is no public key"};
    if (auto status = checkKeySize(key.get()); !status) return status.error();
    if (EVP_PKEY_is_a(key.get(), "RSA") == 1) {
        BIGNUM* number = nullptr;
        if (EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_N, &number) != 1)
            return Error{ErrorKind::InvalidInput, "an RSA key without a modulus"};
        Bytes modulus(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
        BN_bn2bin(number, reinterpret_cast<unsigned char*>(modulus.data()));
        BN_free(number);
        return sha1(modulus);
    }
    std::size_t size = 0;
    Bytes point(256, '\0');
    if (EVP_PKEY_is_a(key.get(), "EC") != 1 ||
        EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY,
            reinterpret_cast<unsigned char*>(point.data()), point.size(), &size) != 1)
        return Error{ErrorKind::InvalidInput, "neither RSA nor an elliptic curve"};
    point.resize(size);
    return sha1(point);
}

} // namespace perennial::x509
