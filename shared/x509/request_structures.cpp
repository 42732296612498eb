#include "shared/x509/request_structures.h"

namespace perennial::x509 {

namespace {

// clang-format off
ASN1_SEQUENCE(PublicKeyInfo) = {
    ASN1_SIMPLE(PublicKeyInfo, algorithm, X509_ALGOR),
    ASN1_SIMPLE(PublicKeyInfo, bits, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(PublicKeyInfo)

// Attributes are not optional, but some senders leave out the empty set: OpenSSL takes that too.
ASN1_SEQUENCE_enc(RequestInfo, received, nullptr) = {
    ASN1_SIMPLE(RequestInfo, version, ASN1_INTEGER),
    ASN1_SIMPLE(RequestInfo, subject, X509_NAME),
    ASN1_SIMPLE(RequestInfo, publicKey, PublicKeyInfo),
    ASN1_IMP_SET_OF_OPT(RequestInfo, attributes, X509_ATTRIBUTE, 0),
} static_ASN1_SEQUENCE_END_ref(RequestInfo, RequestInfo)

ASN1_SEQUENCE(Request) = {
    ASN1_SIMPLE(Request, info, RequestInfo),
    ASN1_SIMPLE(Request, signatureAlgorithm, X509_ALGOR),
    ASN1_SIMPLE(Request, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(Request)
// clang-format on

} // namespace

template <>
const ASN1_ITEM* itemOf<PublicKeyInfo>()
{
    return ASN1_ITEM_rptr(PublicKeyInfo);
}

template <>
const ASN1_ITEM* itemOf<RequestInfo>()
{
    return ASN1_ITEM_rptr(RequestInfo);
}

template <>
const ASN1_ITEM* itemOf<Request>()
{
    return ASN1_ITEM_rptr(Request);
}

} // namespace perennial::x509
