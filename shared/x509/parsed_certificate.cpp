#include "shared/x509/parsed_certificate.h"

#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/public_key.h"

#include <openssl/asn1t.h>
#include <openssl/provider.h>

namespace perennial::x509 {

namespace {

// A library context without any algorithm: what is read in it keeps its key as it is encoded. Never
// freed, for certificates point to it.
OSSL_LIB_CTX* contextWithoutDecoders()
{
    static OSSL_LIB_CTX* const context = [] {
        OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
        if (made != nullptr && OSSL_PROVIDER_load(made, "null") == nullptr) {
            OSSL_LIB_CTX_free(made);
            made = nullptr;
        }
        return made; // null: the usual context, which reads the key too
    }();
    return context;
}

X509Handle readFields(std::string_view der)
{
    const auto* in = octets(der);
    const auto* end = in + der.size();
    X509Handle read(reinterpret_cast<X509*>(ASN1_item_d2i_ex(nullptr, &in,
        static_cast<long>(der.size()), ASN1_ITEM_rptr(X509), contextWithoutDecoders(), nullptr)));
    if (in != end) read.reset();
    return read;
}

KeyHandle usualKeyOf(const X509* certificate)
{
    PublicKeyInfo info{nullptr, X509_get0_pubkey_bitstr(certificate)};
    const bool has = X509_PUBKEY_get0_param(nullptr, nullptr, nullptr, &info.algorithm,
                         X509_get_X509_PUBKEY(certificate)) == 1;
    return has && info.bits != nullptr ? readUsualKey(info) : KeyHandle();
}

KeyHandle keyIn(X509* whole)
{
    KeyHandle key(X509_get_pubkey(whole));
    clearOpensslErrors();
    return key;
}

} // namespace

ParsedCertificate::ParsedCertificate(std::shared_ptr<X509> fields, KeyHandle key)
    : fields_(std::move(fields)), key_(std::move(key)), der_(encode<&i2d_X509>(fields_.get()))
{
}

ParsedCertificate::ParsedCertificate(std::shared_ptr<X509> whole)
    : ParsedCertificate(whole, keyIn(whole.get()))
{
    whole_ = std::move(whole);
}

std::shared_ptr<const ParsedCertificate> ParsedCertificate::read(std::string_view der)
{
    std::shared_ptr<X509> fields(readFields(der));
    if (!fields) return nullptr;
    if (auto key = usualKeyOf(fields.get()))
        return std::shared_ptr<const ParsedCertificate>(
            new ParsedCertificate(std::move(fields), std::move(key)));
    auto whole = decode<X509Handle, &d2i_X509>(der);
    return whole
               ? std::make_shared<const ParsedCertificate>(std::shared_ptr<X509>(std::move(whole)))
               : nullptr;
}

X509* ParsedCertificate::whole() const
{
    std::call_once(completed_, [this] {
        if (whole_) return;
        whole_ = std::shared_ptr<X509>(decode<X509Handle, &d2i_X509>(der_));
        // OpenSSL fills its cache of the extensions now, before threads share the certificate.
        if (whole_) X509_get_extension_flags(whole_.get());
        clearOpensslErrors();
    });
    return whole_.get();
}

} // namespace perennial::x509
