#pragma once

#include "shared/x509/asn1_structures.h"
#include "shared/x509/openssl_handles.h"

// PKCS#10 (RFC 2986) and the keys in it. OpenSSL's own X509_REQ and X509_PUBKEY are not used to
// read: they decode the key at once, and OpenSSL 3.0 builds a new decoder for each, which takes
// longer than verifying a signature.
namespace perennial::x509 {

struct PublicKeyInfo { // SubjectPublicKeyInfo (RFC 5280 4.1)
    X509_ALGOR* algorithm;
    ASN1_BIT_STRING* bits;
};

struct RequestInfo {        // CertificationRequestInfo (4.1)
    ASN1_ENCODING received; // its bytes, which are what is signed
    ASN1_INTEGER* version;
    X509_NAME* subject;
    PublicKeyInfo* publicKey;
    STACK_OF(X509_ATTRIBUTE) * attributes;
};

struct Request { // CertificationRequest (4.2)
    RequestInfo* info;
    X509_ALGOR* signatureAlgorithm;
    ASN1_BIT_STRING* signature;
};

template <>
const ASN1_ITEM* itemOf<PublicKeyInfo>();
template <>
const ASN1_ITEM* itemOf<RequestInfo>();
template <>
const ASN1_ITEM* itemOf<Request>();

} // namespace perennial::x509
