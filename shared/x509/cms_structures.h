#pragma once

#include "shared/x509/asn1_structures.h"

// A SignedData (RFC 5652 5.1) in its ContentInfo, whose parts stay as they came.
namespace perennial::x509 {

struct SignedDataParts {
    ASN1_TYPE* version;
    ASN1_TYPE* digestAlgorithms;
    ASN1_TYPE* content;
    STACK_OF(ASN1_TYPE) * certificates;
    STACK_OF(ASN1_TYPE) * revocationLists;
    ASN1_TYPE* signers;
};
struct SignedMessageParts {
    ASN1_OBJECT* type;
    SignedDataParts* signedData;
};

template <>
const ASN1_ITEM* itemOf<SignedMessageParts>();

} // namespace perennial::x509
