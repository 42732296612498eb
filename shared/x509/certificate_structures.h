#pragma once

#include "shared/x509/asn1_structures.h"
#include "shared/x509/openssl_handles.h"

// A certificate to be signed (RFC 5280 4.1), for making one. OpenSSL's own X509 is for reading: one
// that was built and not decoded is encoded anew each time that anybody wants its bytes, and
// decodes every name, key and extension that it is given once more.
namespace perennial::x509 {

struct TbsCertificate {
    ASN1_INTEGER* version;
    ASN1_INTEGER* serial;
    X509_ALGOR* signatureAlgorithm;
    ASN1_TYPE* issuer;
    X509_VAL* validity;
    ASN1_TYPE* subject;
    ASN1_TYPE* publicKey;
    STACK_OF(X509_EXTENSION) * extensions;
};

struct SignedCertificate {
    TbsCertificate* content;
    X509_ALGOR* signatureAlgorithm;
    ASN1_BIT_STRING* signature;
};

template <>
const ASN1_ITEM* itemOf<TbsCertificate>();
template <>
const ASN1_ITEM* itemOf<SignedCertificate>();

} // namespace perennial::x509
