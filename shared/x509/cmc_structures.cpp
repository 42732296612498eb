#include "shared/x509/cmc_structures.h"

namespace perennial::x509 {

namespace {

// clang-format off
ASN1_SEQUENCE(CmcControl) = {
    ASN1_SIMPLE(CmcControl, bodyPartId, ASN1_INTEGER),
    ASN1_SIMPLE(CmcControl, type, ASN1_OBJECT),
    ASN1_SET_OF(CmcControl, values, ASN1_ANY),
} static_ASN1_SEQUENCE_END(CmcControl)

ASN1_SEQUENCE(CmcPkiResponse) = {
    ASN1_SEQUENCE_OF(CmcPkiResponse, controls, CmcControl),
    ASN1_SEQUENCE_OF(CmcPkiResponse, cmsSequence, ASN1_ANY),
    ASN1_SEQUENCE_OF(CmcPkiResponse, otherMessages, ASN1_ANY),
} static_ASN1_SEQUENCE_END(CmcPkiResponse)

ASN1_SEQUENCE(CmcPkiData) = {
    ASN1_SEQUENCE_OF(CmcPkiData, controls, CmcControl),
    ASN1_SEQUENCE_OF(CmcPkiData, requests, ASN1_ANY),
    ASN1_SEQUENCE_OF(CmcPkiData, cmsSequence, ASN1_ANY),
    ASN1_SEQUENCE_OF(CmcPkiData, otherMessages, ASN1_ANY),
} static_ASN1_SEQUENCE_END(CmcPkiData)

ASN1_SEQUENCE(CmcTaggedRequest) = {
    ASN1_SIMPLE(CmcTaggedRequest, bodyPartId, ASN1_INTEGER),
    ASN1_SIMPLE(CmcTaggedRequest, request, ASN1_ANY),
} static_ASN1_SEQUENCE_END(CmcTaggedRequest)

ASN1_SEQUENCE(CmcStatusInfo) = {
    ASN1_SIMPLE(CmcStatusInfo, status, ASN1_INTEGER),
    ASN1_SEQUENCE_OF(CmcStatusInfo, bodyList, ASN1_INTEGER),
    ASN1_OPT(CmcStatusInfo, message, ASN1_UTF8STRING),
    ASN1_OPT(CmcStatusInfo, otherInfo, ASN1_ANY),
} static_ASN1_SEQUENCE_END(CmcStatusInfo)

ASN1_SEQUENCE(CmcPendInfo) = {
    ASN1_SIMPLE(CmcPendInfo, token, ASN1_OCTET_STRING),
    ASN1_SIMPLE(CmcPendInfo, time, ASN1_GENERALIZEDTIME),
} static_ASN1_SEQUENCE_END(CmcPendInfo)

ASN1_SEQUENCE(CmcAddAttributes) = {
    ASN1_SIMPLE(CmcAddAttributes, dataReference, ASN1_INTEGER),
    ASN1_SEQUENCE_OF(CmcAddAttributes, certificateReferences, ASN1_INTEGER),
    ASN1_SET_OF(CmcAddAttributes, attributes, X509_ATTRIBUTE),
} static_ASN1_SEQUENCE_END(CmcAddAttributes)
// clang-format on

} // namespace

template <>
const ASN1_ITEM* itemOf<CmcControl>()
{
    return ASN1_ITEM_rptr(CmcControl);
}

template <>
const ASN1_ITEM* itemOf<CmcPkiResponse>()
{
    return ASN1_ITEM_rptr(CmcPkiResponse);
}

template <>
const ASN1_ITEM* itemOf<CmcPkiData>()
{
    return ASN1_ITEM_rptr(CmcPkiData);
}

template <>
const ASN1_ITEM* itemOf<CmcTaggedRequest>()
{
    return ASN1_ITEM_rptr(CmcTaggedRequest);
}

template <>
const ASN1_ITEM* itemOf<CmcStatusInfo>()
{
    return ASN1_ITEM_rptr(CmcStatusInfo);
}

template <>
const ASN1_ITEM* itemOf<CmcPendInfo>()
{
    return ASN1_ITEM_rptr(CmcPendInfo);
}

template <>
const ASN1_ITEM* itemOf<CmcAddAttributes>()
{
    return ASN1_ITEM_rptr(CmcAddAttributes);
}

} // namespace perennial::x509
