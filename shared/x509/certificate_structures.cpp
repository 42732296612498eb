#include "shared/x509/certificate_structures.h"

namespace perennial::x509 {

namespace {

// clang-format off
ASN1_SEQUENCE(TbsCertificate) = {
    ASN1_EXP(TbsCertificate, version, ASN1_INTEGER, 0),
    ASN1_SIMPLE(TbsCertificate, serial, ASN1_INTEGER),
    ASN1_SIMPLE(TbsCertificate, signatureAlgorithm, X509_ALGOR),
    ASN1_SIMPLE(TbsCertificate, issuer, ASN1_ANY),
    ASN1_SIMPLE(TbsCertificate, validity, X509_VAL),
    ASN1_SIMPLE(TbsCertificate, subject, ASN1_ANY),
    ASN1_SIMPLE(TbsCertificate, publicKey, ASN1_ANY),
    ASN1_EXP_SEQUENCE_OF_OPT(TbsCertificate, extensions, X509_EXTENSION, 3),
} static_ASN1_SEQUENCE_END(TbsCertificate)

ASN1_SEQUENCE(SignedCertificate) = {
    ASN1_SIMPLE(SignedCertificate, content, TbsCertificate),
    ASN1_SIMPLE(SignedCertificate, signatureAlgorithm, X509_ALGOR),
    ASN1_SIMPLE(SignedCertificate, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(SignedCertificate)
// clang-format on

} // namespace

template <>
const ASN1_ITEM* itemOf<TbsCertificate>()
{
    return ASN1_ITEM_rptr(TbsCertificate);
}

template <>
const ASN1_ITEM* itemOf<SignedCertificate>()
{
    return ASN1_ITEM_rptr(SignedCertificate);
}

} // namespace perennial::x509
