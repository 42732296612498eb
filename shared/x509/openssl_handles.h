#pragma once

#include <memory>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace perennial::x509 {

template <auto Free>
struct FreeWith {
    template <class Handle>
    void operator()(Handle* handle) const noexcept
    {
        Free(handle);
    }
};

using X509Handle = std::unique_ptr<X509, FreeWith<&X509_free>>;
using RequestHandle = std::unique_ptr<X509_REQ, FreeWith<&X509_REQ_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;
using PublicKeyInfoHandle = std::unique_ptr<X509_PUBKEY, FreeWith<&X509_PUBKEY_free>>;
using DigestContextHandle = std::unique_ptr<EVP_MD_CTX, FreeWith<&EVP_MD_CTX_free>>;
using BioHandle = std::unique_ptr<BIO, FreeWith<&BIO_free_all>>;
using CmsHandle = std::unique_ptr<CMS_ContentInfo, FreeWith<&CMS_ContentInfo_free>>;
using Pkcs7Handle = std::unique_ptr<PKCS7, FreeWith<&PKCS7_free>>;
using NameHandle = std::unique_ptr<X509_NAME, FreeWith<&X509_NAME_free>>;
using ObjectHandle = std::unique_ptr<ASN1_OBJECT, FreeWith<&ASN1_OBJECT_free>>;
using AnyHandle = std::unique_ptr<ASN1_TYPE, FreeWith<&ASN1_TYPE_free>>;
using StringHandle = std::unique_ptr<ASN1_STRING, FreeWith<&ASN1_STRING_free>>;
using IntegerHandle = std::unique_ptr<ASN1_INTEGER, FreeWith<&ASN1_INTEGER_free>>;
using BitStringHandle = std::unique_ptr<ASN1_BIT_STRING, FreeWith<&ASN1_BIT_STRING_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, FreeWith<&X509_EXTENSION_free>>;
using AttributeHandle = std::unique_ptr<X509_ATTRIBUTE, FreeWith<&X509_ATTRIBUTE_free>>;
using GeneralNameHandle = std::unique_ptr<GENERAL_NAME, FreeWith<&GENERAL_NAME_free>>;
using GeneralNamesHandle = std::unique_ptr<GENERAL_NAMES, FreeWith<&GENERAL_NAMES_free>>;
using UsagesHandle = std::unique_ptr<EXTENDED_KEY_USAGE, FreeWith<&EXTENDED_KEY_USAGE_free>>;
using PoliciesHandle = std::unique_ptr<CERTIFICATEPOLICIES, FreeWith<&CERTIFICATEPOLICIES_free>>;

struct FreeExtensions {
    void operator()(STACK_OF(X509_EXTENSION) * list) const noexcept
    {
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    }
};
using ExtensionsHandle = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeExtensions>;

struct FreeCertificates {
    void operator()(STACK_OF(X509) * list) const noexcept { sk_X509_pop_free(list, X509_free); }
};
using CertificatesHandle = std::unique_ptr<STACK_OF(X509), FreeCertificates>;

struct FreeSequence {
    void operator()(ASN1_SEQUENCE_ANY* list) const noexcept
    {
        sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
    }
};
using SequenceHandle = std::unique_ptr<ASN1_SEQUENCE_ANY, FreeSequence>;

} // namespace perennial::x509
