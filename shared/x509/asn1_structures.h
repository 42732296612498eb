#pragma once

#include "shared/base/encoding.h"

#include <memory>
#include <openssl/asn1t.h>
#include <string_view>

// ASN.1 that OpenSSL has no type for, in templates of OpenSSL's own: owning C structures, freed by
// their handles.
namespace perennial::x509 {

// The template of a structure; defined where the structure is.
template <class Structure>
const ASN1_ITEM* itemOf();

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
Bytes encodeStructure(const Structure* structure)
{
    const auto* value = reinterpret_cast<const ASN1_VALUE*>(structure);
    const int size = ASN1_item_i2d(value, nullptr, itemOf<Structure>());
    if (size <= 0) return {};
    Bytes der(static_cast<std::size_t>(size), '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    ASN1_item_i2d(value, &out, itemOf<Structure>());
    return der;
}

} // namespace perennial::x509
