#pragma once

#include "shared/base/encoding.h"
#include "shared/x509/openssl_handles.h"

#include <memory>
#include <openssl/asn1t.h>
#include <openssl/safestack.h>
#include <string_view>

// ASN.1 of RFC 5272 as OpenSSL's templates have it: owning C structures, freed by their handles.
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

// The template of a structure above.
template <class Structure>
const ASN1_ITEM* itemOf();
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

template <class Structure>
struct FreeStructure {
    void operator()(Structure* structure) const noexcept
    {
        ASN1_item_free(reinterpret_cast<ASN1_VALUE*>(structure), itemOf<Structure>());
    }
};
template <class Structure>
using StructureHandle = std::unique_ptr<Structure, FreeStructure<Structure>>;

template <class Structure>
StructureHandle<Structure> newStructure()
{
    return StructureHandle<Structure>(
        reinterpret_cast<Structure*>(ASN1_item_new(itemOf<Structure>())));
}

// Null unless the whole of `der` is one such structure.
template <class Structure>
StructureHandle<Structure> decodeStructure(std::string_view der)
{
    const auto* in = reinterpret_cast<const unsigned char*>(der.data());
    const auto* end = in + der.size();
    StructureHandle<Structure> structure(reinterpret_cast<Structure*>(
        ASN1_item_d2i(nullptr, &in, static_cast<long>(der.size()), itemOf<Structure>())));
    if (structure && in != end) structure.reset();
    return structure;
}

// Empty when OpenSSL cannot.
template <class Structure>
Bytes encodeStructure(const StructureHandle<Structure>& structure)
{
    const auto* value = reinterpret_cast<const ASN1_VALUE*>(structure.get());
    const int size = ASN1_item_i2d(value, nullptr, itemOf<Structure>());
    if (size <= 0) return {};
    Bytes der(static_cast<std::size_t>(size), '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    ASN1_item_i2d(value, &out, itemOf<Structure>());
    return der;
}

} // namespace perennial::x509
