#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/x509/openssl_handles.h"
#include "shared/x509/request_attributes.h"

#include <string>
#include <string_view>

// DER for this folder: everything foreign passes checkStructure() before OpenSSL decodes it.
namespace perennial::x509 {

enum class Encoding {
    Der, // definite lengths in their shortest form
    Ber, // indefinite lengths too, as CMS allows (RFC 5652 5.1)
};

// One element and nothing after it; lengths that fit; nesting of at most 32; no elliptic curve
// given by explicit parameters (RFC 5480 2.1.1 forbids them, and decoding them is slow).
Status checkStructure(std::string_view bytes, Encoding encoding);

// The element that `bytes` begin with; empty when its length does not fit.
std::string_view firstElement(std::string_view bytes);

const unsigned char* octets(std::string_view bytes);

// DER of an OpenSSL object: encode<&i2d_X509>(certificate). Empty when OpenSSL cannot.
template <auto Encode, class Object>
Bytes encode(const Object* object)
{
    const int size = Encode(object, nullptr);
    if (size <= 0) return {};
    Bytes der(static_cast<std::size_t>(size), '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    Encode(object, &out);
    return der;
}

// decode<X509Handle, &d2i_X509>(der). Null unless the whole of `der` is one such object.
template <class Handle, auto Decode>
Handle decode(std::string_view der)
{
    const unsigned char* in = octets(der);
    Handle object(Decode(nullptr, &in, static_cast<long>(der.size())));
    if (object && in != octets(der) + der.size()) object.reset();
    return object;
}

Bytes bytesOf(const ASN1_STRING* string);
std::string oidText(const ASN1_OBJECT* object); // dotted; empty when it is too long to be written
ObjectHandle objectFromOid(std::string_view dotted);    // numbers only; null when it is none
std::string_view encodedOid(const ASN1_OBJECT* object); // without tag and length
Bytes encodedOid(std::string_view dotted);              // empty when it is none
Bytes bioBytes(BIO* memory);
AttributeValues attributeValuesOf(X509_ATTRIBUTE* attribute);

} // namespace perennial::x509
