#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

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
using BioHandle = std::unique_ptr<BIO, FreeWith<&BIO_free_all>>;
using CmsHandle = std::unique_ptr<CMS_ContentInfo, FreeWith<&CMS_ContentInfo_free>>;

} // namespace perennial::x509
