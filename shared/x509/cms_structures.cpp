#include "shared/x509/cms_structures.h"

namespace perennial::x509 {

namespace {

// clang-format off
ASN1_SEQUENCE(SignedDataParts) = {
    ASN1_SIMPLE(SignedDataParts, version, ASN1_ANY),
    ASN1_SIMPLE(SignedDataParts, digestAlgorithms, ASN1_ANY),
    ASN1_SIMPLE(SignedDataParts, content, ASN1_ANY),
    ASN1_IMP_SET_OF_OPT(SignedDataParts, certificates, ASN1_ANY, 0),
    ASN1_IMP_SET_OF_OPT(SignedDataParts, revocationLists, ASN1_ANY, 1),
    ASN1_SIMPLE(SignedDataParts, signers, ASN1_ANY),
} static_ASN1_SEQUENCE_END(SignedDataParts)

ASN1_SEQUENCE(SignedMessageParts) = {
    ASN1_SIMPLE(SignedMessageParts, type, ASN1_OBJECT),
    ASN1_EXP(SignedMessageParts, signedData, SignedDataParts, 0),
} static_ASN1_SEQUENCE_END(SignedMessageParts)
// clang-format on

} // namespace

template <>
const ASN1_ITEM* itemOf<SignedMessageParts>()
{
    return ASN1_ITEM_rptr(SignedMessageParts);
}

} // namespace perennial::x509
