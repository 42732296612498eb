#include "shared/x509/der.h"
#include "shared/x509/openssl_errors.h"
#include "shared/x509/pkcs12_encryption.h"
#include "shared/x509/pkcs8.h"
#include "shared/x509/private_key.h"

#include <algorithm>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

namespace perennial::x509 {

namespace {

constexpr std::string_view labelEnd = "PRIVATE KEY";
constexpr std::int64_t roundsLimit = 1'000'000; // of a key derivation: half a second
using SignatureHandle = std::unique_ptr<X509_SIG, FreeWith<&X509_SIG_free>>;

Error refusal(const std::string& what) { return Error{ErrorKind::InvalidInput, what}; }

Error needsPassword()
{
    return refusal("it is encrypted; only unencrypted keys can be used unattended");
}

Error wrongPassword()
{
    clearOpensslErrors();
    return Error{ErrorKind::PermissionDenied, "the password does not open it"};
}

// One block as OpenSSL's reader gives it; wiped when it goes.
struct PemBlock {
    char* label = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;

    PemBlock() = default;
    PemBlock(const PemBlock&) = delete;
    PemBlock& operator=(const PemBlock&) = delete;
    ~PemBlock()
    {
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, capacity);
    }
    bool read(BIO* source)
    {
        const bool done = PEM_read_bio(source, &label, &header, &data, &size) == 1;
        capacity = done ? static_cast<std::size_t>(size) : 0;
        return done;
    }
    std::string_view bytes() const
    {
        return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
    }

private:
    std::size_t capacity = 0; // decrypting makes `size` smaller
};

Result<KeyHandle> fromPkcs8(std::string_view der)
{
    clearOpensslErrors();
    const auto info = decode<Pkcs8Handle, &d2i_PKCS8_PRIV_KEY_INFO>(der);
    if (!info) return opensslError(ErrorKind::InvalidInput, "not a private key");
    return keyOf(info.get());
}

Result<KeyHandle> fromEncryptedPkcs8(std::string_view der, const Secret* password)
{
    if (password == nullptr) return needsPassword();
    clearOpensslErrors();
    const auto sealed = decode<SignatureHandle, &d2i_X509_SIG>(der);
    if (!sealed) return opensslError(ErrorKind::InvalidInput, "not an encrypted private key");
    const X509_ALGOR* algorithm = nullptr;
    X509_SIG_get0(sealed.get(), &algorithm, nullptr);
    IterationBudget budget(roundsLimit);
    if (auto cheap = budget.spend(algorithm); !cheap) return cheap.error();
    const auto text = password->reveal();
    const Pkcs8Handle info(PKCS8_decrypt(sealed.get(), text.data(), static_cast<int>(text.size())));
    if (!info) return wrongPassword();
    return keyOf(info.get());
}

Result<KeyHandle> fromTraditional(int type, std::string_view der)
{
    clearOpensslErrors();
    const unsigned char* in = octets(der);
    KeyHandle key(d2i_PrivateKey(type, nullptr, &in, static_cast<long>(der.size())));
    if (!key) return opensslError(ErrorKind::InvalidInput, "not a private key");
    return key;
}

int givePassword(char* buffer, int size, int, void* given)
{
    const auto text = static_cast<const Secret*>(given)->reveal();
    if (text.size() > static_cast<std::size_t>(size)) return -1;
    std::copy(text.begin(), text.end(), buffer);
    return static_cast<int>(text.size());
}

// "Proc-Type: 4,ENCRYPTED" (RFC 1421): one round of MD5, whatever the file says.
Status decryptTraditional(PemBlock& block, const Secret* password)
{
    if (*block.header == '\0') return {};
    if (password == nullptr) return needsPassword();
    EVP_CIPHER_INFO cipher{};
    if (PEM_get_EVP_CIPHER_INFO(block.header, &cipher) != 1)
        return opensslError(ErrorKind::InvalidInput, "an unknown encryption");
    auto* given = const_cast<Secret*>(password);
    if (PEM_do_header(&cipher, block.data, &block.size, &givePassword, given) != 1)
        return wrongPassword();
    return {};
}

Result<KeyHandle> clearKeyIn(const PemBlock& block)
{
    const std::string_view label = block.label;
    if (label == "PRIVATE KEY") return fromPkcs8(block.bytes());
    if (label == "RSA PRIVATE KEY") return fromTraditional(EVP_PKEY_RSA, block.bytes());
    if (label == "EC PRIVATE KEY") return fromTraditional(EVP_PKEY_EC, block.bytes());
    return refusal("a type of key that is not supported");
}

Result<KeyHandle> keyIn(PemBlock& block, const Secret* password)
{
    if (std::string_view(block.label) == "ENCRYPTED PRIVATE KEY")
        return fromEncryptedPkcs8(block.bytes(), password);
    const bool sealed = *block.header != '\0';
    if (auto clear = decryptTraditional(block, password); !clear) return clear.error();
    auto key = clearKeyIn(block);
    // One wrong password in 256 leaves a padding that looks right.
    if (!key && sealed) return wrongPassword();
    return key;
}

// Told by the second element: a number means a bare RSA key, a string a bare key of a curve.
Result<KeyHandle> keyIn(std::string_view der, const Secret* password)
{
    if (auto structure = checkStructure(der, Encoding::Der); !structure) return structure.error();
    const auto elements = decode<SequenceHandle, &d2i_ASN1_SEQUENCE_ANY>(der);
    clearOpensslErrors();
    if (!elements || sk_ASN1_TYPE_num(elements.get()) < 2) return refusal("not a private key");
    const int first = sk_ASN1_TYPE_value(elements.get(), 0)->type;
    const int second = sk_ASN1_TYPE_value(elements.get(), 1)->type;
    if (first == V_ASN1_SEQUENCE && second == V_ASN1_OCTET_STRING)
        return fromEncryptedPkcs8(der, password);
    if (first != V_ASN1_INTEGER) return refusal("not a private key");
    if (second == V_ASN1_SEQUENCE) return fromPkcs8(der);
    if (second == V_ASN1_INTEGER) return fromTraditional(EVP_PKEY_RSA, der);
    return fromTraditional(EVP_PKEY_EC, der);
}

Status checkSize(std::size_t size)
{
    if (size <= PrivateKey::sizeLimit) return {};
    return refusal("over " + std::to_string(PrivateKey::sizeLimit) + " bytes");
}

} // namespace

Result<PrivateKey> PrivateKey::fromPem(const Secret& pem, const Secret* password)
{
    const auto text = pem.reveal();
    if (auto size = checkSize(text.size()); !size) return size.error().in("private key");
    clearOpensslErrors();
    const BioHandle source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    while (source) {
        PemBlock block;
        if (!block.read(source.get())) break;
        if (!std::string_view(block.label).ends_with(labelEnd)) continue;
        auto key = keyIn(block, password);
        if (!key) return key.error().in("private key");
        return fromParsed(key->release());
    }
    return opensslError(ErrorKind::InvalidInput, "not a private key in PEM");
}

Result<PrivateKey> PrivateKey::fromDer(const Secret& der, const Secret* password)
{
    if (auto size = checkSize(der.reveal().size()); !size) return size.error().in("private key");
    auto key = keyIn(der.reveal(), password);
    if (!key) return key.error().in("private key");
    return fromParsed(key->release());
}

} // namespace perennial::x509
