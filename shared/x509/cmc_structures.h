#pragma once

#include "shared/x509/asn1_structures.h"
#include "shared/x509/openssl_handles.h"

#include <openssl/safestack.h>

// ASN.1 of RFC 5272.
namespace perennial::x509 {

struct CmcControl { // TaggedAttribute (3.2.1.1)
    ASN1_INTEGER* bodyPartId;
    ASN1_OBJECT* type;
    STACK_OF(ASN1_TYPE) * values;
};
DEFINE_STACK_OF(CmcControl)

struct CmcPkiResponse { // 3.2.2
    STACK_OF(CmcControl) * controls;
    STACK_OF(ASN1_TYPE) * cmsSequence;
    STACK_OF(ASN1_TYPE) * otherMessages;
};

struct CmcPkiData { // 3.2.1
    STACK_OF(CmcControl) * controls;
    STACK_OF(ASN1_TYPE) * requests;
    STACK_OF(ASN1_TYPE) * cmsSequence;
    STACK_OF(ASN1_TYPE) * otherMessages;
};

struct CmcTaggedRequest { // TaggedCertificationRequest (3.2.1.2.1)
    ASN1_INTEGER* bodyPartId;
    ASN1_TYPE* request; // kept as it came
};

struct CmcStatusInfo { // 6.1.1
    ASN1_INTEGER* status;
    STACK_OF(ASN1_INTEGER) * bodyList;
    ASN1_UTF8STRING* message;
    ASN1_TYPE* otherInfo; // INTEGER failInfo or SEQUENCE pendInfo
};

struct CmcPendInfo { // 6.1.1.2
    ASN1_OCTET_STRING* token;
    ASN1_GENERALIZEDTIME* time;
};

struct CmcAddAttributes { // Microsoft's 1.3.6.1.4.1.311.10.10.1 (MS-WCCE 2.2.2.8.1)
    ASN1_INTEGER* dataReference;
    STACK_OF(ASN1_INTEGER) * certificateReferences;
    STACK_OF(X509_ATTRIBUTE) * attributes;
};

template <>
const ASN1_ITEM* itemOf<CmcControl>();
template <>
const ASN1_ITEM* itemOf<CmcPkiResponse>();
template <>
const ASN1_ITEM* itemOf<CmcPkiData>();
template <>
const ASN1_ITEM* itemOf<CmcTaggedRequest>();
template <>
const ASN1_ITEM* itemOf<CmcStatusInfo>();
template <>
const ASN1_ITEM* itemOf<CmcPendInfo>();
template <>
const ASN1_ITEM* itemOf<CmcAddAttributes>();

} // namespace perennial::x509
