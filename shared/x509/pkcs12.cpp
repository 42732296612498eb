#include "shared/x509/pkcs12.h"

#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/pkcs12_encryption.h"
#include "shared/x509/pkcs8.h"

#include <algorithm>
#include <openssl/crypto.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

namespace perennial::x509 {

namespace {

using Pkcs12Handle = std::unique_ptr<PKCS12, FreeWith<&PKCS12_free>>;
using KeyInfoHandle = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreeWith<&PKCS8_PRIV_KEY_INFO_free>>;
using LibraryHandle = std::unique_ptr<OSSL_LIB_CTX, FreeWith<&OSSL_LIB_CTX_free>>;
using ProviderHandle = std::unique_ptr<OSSL_PROVIDER, FreeWith<&OSSL_PROVIDER_unload>>;
struct FreeSafes {
    void operator()(STACK_OF(PKCS7) * list) const noexcept { sk_PKCS7_pop_free(list, PKCS7_free); }
};
using SafesHandle = std::unique_ptr<STACK_OF(PKCS7), FreeSafes>;
struct FreeBags {
    void operator()(STACK_OF(PKCS12_SAFEBAG) * list) const noexcept
    {
        sk_PKCS12_SAFEBAG_pop_free(list, PKCS12_SAFEBAG_free);
    }
};
using BagsHandle = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreeBags>;

constexpr int nestingLimit = 4;
constexpr std::size_t keyLimit = 64;
constexpr std::size_t bagLimit = 1000;
constexpr std::size_t aliasLimit = 256;
constexpr std::size_t chainLimit = 10;
constexpr int ourIterations = 10'000;
constexpr int ourSaltLength = 16;
// Oracle's trustedKeyUsage: OpenJDK takes only certificates that bear it for trust anchors.
constexpr std::string_view trustMark = "2.16.840.1.113894.746875.1.1";

Error refusal(const std::string& what) { return {ErrorKind::InvalidInput, "PKCS#12: " + what}; }

struct FoundKey {
    std::string alias;
    Bytes localKeyId;
    PrivateKey key;
};
struct FoundCertificate {
    std::string alias;
    Bytes localKeyId;
    bool trusted;
    Certificate certificate;
    bool used = false;
};

// RC2 and RC4 are in a provider that nothing else here may use: a library context of its own.
struct LegacyLibrary {
    LibraryHandle library{OSSL_LIB_CTX_new()};
    ProviderHandle legacy{library ? OSSL_PROVIDER_load(library.get(), "legacy") : nullptr};
    ProviderHandle ordinary{library ? OSSL_PROVIDER_load(library.get(), "default") : nullptr};
};

// Goes through all that a file holds.
class Opening {
public:
    Opening(const Secret& password, std::int64_t iterationLimit)
        : password_(password.reveal().data()),
          passwordSize_(static_cast<int>(password.reveal().size())), budget_(iterationLimit)
    {
    }

    Status open(PKCS12* file);
    std::vector<FoundKey> keys;
    std::vector<FoundCertificate> certificates;
    std::size_t unread = 0;

private:
    Status checkMac(PKCS12* file);
    Status openSafe(PKCS7* safe);
    Status openBags(const STACK_OF(PKCS12_SAFEBAG) * bags, int depth);
    Status openBag(PKCS12_SAFEBAG* bag, int depth);
    Status takeKey(const PKCS8_PRIV_KEY_INFO* info, PKCS12_SAFEBAG* bag);
    Status takeCertificate(PKCS12_SAFEBAG* bag);
    Result<KeyInfoHandle> decrypt(const X509_SIG* shrouded);
    Result<BagsHandle> decrypt(const PKCS7_ENC_CONTENT* content);
    OSSL_LIB_CTX* library(); // null: the usual one

    const char* password_; // ended by a NUL; null: none, which is not the empty one
    int passwordSize_;
    IterationBudget budget_;
    std::unique_ptr<LegacyLibrary> legacy_;
    std::size_t bagCount_ = 0;
};

Error wrongPassword()
{
    return opensslError(
        ErrorKind::PermissionDenied, "PKCS#12: the password is another one, or it is damaged");
}

Status Opening::checkMac(PKCS12* file)
{
    const ASN1_INTEGER* iterations = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, file);
    if (auto status = budget_.spend(iterations); !status) return status;
    // A file without a password may have been made with none or with an empty one.
    if (passwordSize_ == 0) {
        if (PKCS12_verify_mac(file, nullptr, 0) == 1) {
            password_ = nullptr;
            return {};
        }
        if (auto status = budget_.spend(iterations); !status) return status;
    }
    if (PKCS12_verify_mac(file, password_, passwordSize_) == 1) return {};
    return wrongPassword();
}

OSSL_LIB_CTX* Opening::library()
{
    if (!budget_.sawLegacy()) return nullptr;
    if (!legacy_) legacy_ = std::make_unique<LegacyLibrary>();
    return legacy_->library.get();
}

Result<KeyInfoHandle> Opening::decrypt(const X509_SIG* shrouded)
{
    const X509_ALGOR* algorithm = nullptr;
    X509_SIG_get0(shrouded, &algorithm, nullptr);
    if (auto status = budget_.spend(algorithm); !status) return status.error();
    KeyInfoHandle info(PKCS8_decrypt_ex(shrouded, password_, passwordSize_, library(), nullptr));
    if (!info) return wrongPassword();
    return info;
}

Result<BagsHandle> Opening::decrypt(const PKCS7_ENC_CONTENT* content)
{
    if (content == nullptr || content->enc_data == nullptr) return refusal("an empty part");
    if (auto status = budget_.spend(content->algorithm); !status) return status.error();
    BagsHandle bags(static_cast<STACK_OF(PKCS12_SAFEBAG)*>(
        PKCS12_item_decrypt_d2i_ex(content->algorithm, ASN1_ITEM_rptr(PKCS12_SAFEBAGS), password_,
            passwordSize_, content->enc_data, 1, library(), nullptr)));
    if (!bags) return wrongPassword();
    return bags;
}

Status Opening::open(PKCS12* file)
{
    if (PKCS12_mac_present(file) == 1) {
        if (auto status = checkMac(file); !status) return status;
    }
    const SafesHandle safes(PKCS12_unpack_authsafes(file));
    if (!safes) return opensslError(ErrorKind::InvalidInput, "PKCS#12: its content is damaged");
    for (int at = 0; at < sk_PKCS7_num(safes.get()); ++at) {
        if (auto status = openSafe(sk_PKCS7_value(safes.get(), at)); !status) return status;
    }
    return {};
}

Status Opening::openSafe(PKCS7* safe)
{
    if (PKCS7_type_is_data(safe)) {
        if (safe->d.data == nullptr) return refusal("an empty part");
        const BagsHandle bags(PKCS12_unpack_p7data(safe));
        if (!bags) return opensslError(ErrorKind::InvalidInput, "PKCS#12: a part is damaged");
        return openBags(bags.get(), 0);
    }
    if (!PKCS7_type_is_encrypted(safe)) return refusal("a part is encrypted to a certificate");
    if (safe->d.encrypted == nullptr) return refusal("an empty part");
    const auto bags = decrypt(safe->d.encrypted->enc_data);
    return bags ? openBags(bags->get(), 0) : bags.error();
}

Status Opening::openBags(const STACK_OF(PKCS12_SAFEBAG) * bags, int depth)
{
    if (depth > nestingLimit) return refusal("nested too deeply");
    for (int at = 0; at < sk_PKCS12_SAFEBAG_num(bags); ++at) {
        if (++bagCount_ > bagLimit) return refusal("over 1000 entries");
        if (auto status = openBag(sk_PKCS12_SAFEBAG_value(bags, at), depth); !status) return status;
    }
    return {};
}

Status Opening::openBag(PKCS12_SAFEBAG* bag, int depth)
{
    switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag: return takeKey(PKCS12_SAFEBAG_get0_p8inf(bag), bag);
    case NID_pkcs8ShroudedKeyBag: {
        const auto info = decrypt(PKCS12_SAFEBAG_get0_pkcs8(bag));
        return info ? takeKey(info->get(), bag) : info.error();
    }
    case NID_certBag: return takeCertificate(bag);
    case NID_safeContentsBag: return openBags(PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
    default: ++unread; return {};
    }
}

Result<std::string> aliasOf(PKCS12_SAFEBAG* bag)
{
    std::unique_ptr<char, decltype([](char* text) { OPENSSL_free(text); })> text(
        PKCS12_get_friendlyname(bag));
    std::string alias(text ? text.get() : "");
    if (alias.size() > aliasLimit || toPrintable(alias) != alias)
        return refusal("a name in it is not printable, or over 256 bytes");
    return alias;
}

Bytes localKeyIdOf(const PKCS12_SAFEBAG* bag)
{
    const auto* value = PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID);
    return value != nullptr && value->type == V_ASN1_OCTET_STRING
               ? bytesOf(value->value.asn1_string)
               : Bytes();
}

bool isMarkedTrusted(const PKCS12_SAFEBAG* bag)
{
    const auto* attributes = PKCS12_SAFEBAG_get0_attrs(bag);
    for (int at = 0; at < sk_X509_ATTRIBUTE_num(attributes); ++at) {
        auto* attribute = sk_X509_ATTRIBUTE_value(attributes, at);
        if (oidText(X509_ATTRIBUTE_get0_object(attribute)) == trustMark) return true;
    }
    return false;
}

Status Opening::takeKey(const PKCS8_PRIV_KEY_INFO* info, PKCS12_SAFEBAG* bag)
{
    if (keys.size() >= keyLimit) return refusal("over 64 keys");
    auto alias = aliasOf(bag);
    if (!alias) return alias.error();
    const Secret der(encode<&i2d_PKCS8_PRIV_KEY_INFO>(info));
    clearOpensslErrors();
    const bool sound = checkStructure(der.reveal(), Encoding::Der).ok();
    auto parsed = keyOf(info);
    auto key = PrivateKey::fromParsed(sound && parsed ? parsed->release() : nullptr);
    if (key)
        keys.push_back({*std::move(alias), localKeyIdOf(bag), *std::move(key)});
    else
        ++unread;
    return {};
}

Status Opening::takeCertificate(PKCS12_SAFEBAG* bag)
{
    auto alias = aliasOf(bag);
    if (!alias) return alias.error();
    clearOpensslErrors();
    const X509Handle parsed(PKCS12_SAFEBAG_get1_cert(bag)); // null for other types of certificates
    auto certificate = Certificate::fromParsed(parsed.get());
    if (certificate)
        certificates.push_back(
            {*std::move(alias), localKeyIdOf(bag), isMarkedTrusted(bag), *std::move(certificate)});
    else
        ++unread;
    return {};
}

// The file says by localKeyID which certificate is the key's; the public key decides.
FoundCertificate* leafOf(const FoundKey& key, std::vector<FoundCertificate>& certificates)
{
    FoundCertificate* found = nullptr;
    for (auto& one : certificates) {
        if (!key.key.matches(one.certificate)) continue;
        const bool named = !key.localKeyId.empty() && one.localKeyId == key.localKeyId;
        if (found == nullptr || named) found = &one;
        if (named) break;
    }
    return found;
}

FoundCertificate* issuerOf(
    const Certificate& certificate, std::vector<FoundCertificate>& certificates)
{
    if (certificate.isSelfIssued()) return nullptr;
    const auto wanted = certificate.issuerDer();
    for (auto& one : certificates) {
        if (one.certificate.subjectDer() == wanted && certificate.isSignedBy(one.certificate))
            return &one;
    }
    return nullptr;
}

Pkcs12 arranged(Opening&& opening)
{
    Pkcs12 contents;
    contents.unread = opening.unread;
    auto& found = opening.certificates;
    for (auto& key : opening.keys) {
        std::vector<Certificate> chain;
        for (auto* next = leafOf(key, found); next != nullptr && chain.size() < chainLimit;
             next = issuerOf(chain.back(), found)) {
            next->used = true;
            chain.push_back(next->certificate);
        }
        contents.keys.push_back({std::move(key.alias), std::move(key.key), std::move(chain)});
    }
    for (auto& one : found) {
        if (!one.used || one.trusted)
            contents.others.push_back({std::move(one.alias), one.trusted, one.certificate});
    }
    return contents;
}

} // namespace

bool isPkcs12(std::string_view bytes)
{
    if (bytes.size() > pkcs12SizeLimit || !checkStructure(bytes, Encoding::Ber)) return false;
    clearOpensslErrors();
    const bool is = decode<Pkcs12Handle, &d2i_PKCS12>(bytes) != nullptr;
    clearOpensslErrors();
    return is;
}

Result<Pkcs12> readPkcs12(
    std::string_view bytes, const Secret& password, std::int64_t iterationLimit)
{
    if (bytes.size() > pkcs12SizeLimit) return refusal("over 1 MB");
    if (auto status = checkStructure(bytes, Encoding::Ber); !status)
        return status.error().in("PKCS#12");
    clearOpensslErrors();
    const auto file = decode<Pkcs12Handle, &d2i_PKCS12>(bytes);
    if (!file) return opensslError(ErrorKind::InvalidInput, "not a PKCS#12 file");
    Opening opening(password, iterationLimit);
    const auto opened = opening.open(file.get());
    clearOpensslErrors();
    if (!opened) return opened.error();
    auto contents = arranged(std::move(opening));
    contents.hasMac = PKCS12_mac_present(file.get()) == 1;
    return contents;
}

Result<Bytes> writePkcs12(const std::string& alias, const PrivateKey& key,
    const std::vector<Certificate>& chain, const Secret& password)
{
    if (password.empty()) return refusal("a password is needed to write one");
    if (chain.empty() || !key.matches(chain.front()))
        return refusal("the key is not that of the first certificate");
    clearOpensslErrors();
    const CertificatesHandle above(sk_X509_new_null());
    for (std::size_t at = 1; above && at < chain.size(); ++at) {
        auto* certificate = chain[at].handle();
        if (X509_up_ref(certificate) != 1 || sk_X509_push(above.get(), certificate) <= 0)
            return opensslError(ErrorKind::Internal, "writing PKCS#12");
    }
    // Without a MAC here: set below, with a salt of our length.
    const Pkcs12Handle file(PKCS12_create(password.reveal().data(),
        alias.empty() ? nullptr : alias.c_str(), key.handle(), chain.front().handle(), above.get(),
        NID_aes_256_cbc, NID_aes_256_cbc, ourIterations, -1, 0));
    if (!file || PKCS12_set_mac(file.get(), password.reveal().data(),
                     static_cast<int>(password.reveal().size()), nullptr, ourSaltLength,
                     ourIterations, EVP_sha256()) != 1)
        return opensslError(ErrorKind::Internal, "writing PKCS#12");
    return encode<&i2d_PKCS12>(file.get());
}

} // namespace perennial::x509
