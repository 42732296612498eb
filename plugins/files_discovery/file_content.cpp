#include "plugins/files_discovery/file_content.h"

#include "shared/nss/nss_database.h"
#include "shared/x509/cms.h"
#include "shared/x509/digest.h"
#include "shared/x509/java_key_store.h"
#include "shared/x509/pem.h"
#include "shared/x509/pkcs12.h"
#include "shared/x509/pkcs12_clear.h"
#include "shared/x509/private_key.h"

#include <cstring>

namespace perennial::plugins::files {

namespace {

constexpr std::string_view pemMark = "-----BEGIN ";
constexpr std::size_t mostCertificates = 1000;

// The whole length that a DER or BER element at the start announces; 0 for none.
std::uint64_t announcedSize(std::string_view block)
{
    if (block.size() < 2 || block[0] != 0x30) return 0;
    const auto first = static_cast<unsigned char>(block[1]);
    if (first < 0x80) return 2U + first;
    const std::size_t digits = first & 0x7FU;
    if (digits == 0 || digits > 4 || block.size() < 2 + digits) return 0;
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < digits; ++i)
        size = (size << 8U) | static_cast<unsigned char>(block[2 + i]);
    return 2 + digits + size;
}

void note(FileContent& content, const std::string& fault)
{
    if (content.fault.empty()) content.fault = fault;
}

void add(FileContent& content, const Result<x509::Certificate>& certificate,
    const std::string& entry = {}, bool trusted = false)
{
    if (!certificate) return note(content, certificate.error().message);
    if (content.certificates.size() >= mostCertificates)
        return note(content, "more than " + std::to_string(mostCertificates) + " certificates");
    content.certificates.push_back({model::factsOf(*certificate), certificate->publicKeyPin(),
        entry, certificate->isAuthority(), trusted});
}

void addAll(FileContent& content, const Result<std::vector<x509::Certificate>>& certificates)
{
    if (!certificates) return note(content, certificates.error().message);
    for (const auto& certificate : *certificates)
        add(content, certificate);
}

void addKey(FileContent& content, const Result<x509::PrivateKey>& key)
{
    content.hasKey = true;
    if (key) content.keyPins.push_back(x509::sha256Hex(key->publicKeyDer()));
}

// Gives the DER of the blocks with this label to `take`.
template <class Take>
void eachBlock(std::string_view text, const char* label, FileContent& content, const Take& take)
{
    if (text.find(std::string(pemMark) + label + "-----") == std::string_view::npos) return;
    const auto blocks = x509::pemBlocks(text, label, mostCertificates + 1);
    if (!blocks) return note(content, blocks.error().message);
    if (!blocks->empty()) content.store = "pem";
    for (const auto& der : *blocks)
        take(der);
}

void readPem(std::string_view text, const Secret* password, FileContent& content)
{
    for (const char* label : {"CERTIFICATE", "X509 CERTIFICATE"})
        eachBlock(text, label, content,
            [&](const auto& der) { add(content, x509::Certificate::fromDer(der)); });
    eachBlock(text, "TRUSTED CERTIFICATE", content,
        [&](const auto& der) { add(content, x509::Certificate::fromTrusted(der), {}, true); });
    for (const char* label : {"PKCS7", "CMS", "PKCS #7 SIGNED DATA"})
        eachBlock(text, label, content, [&](const auto& der) {
            content.store = "pkcs7";
            addAll(content, x509::enclosedCertificates(der));
        });
    const auto block = x509::privateKeyBlock(text);
    content.keyInPem = !block.empty();
    if (content.keyInPem)
        addKey(content, x509::PrivateKey::fromPem(Secret(std::string(block)), password));
}

void readKeyStore(std::string_view bytes, FileContent& content)
{
    content.store = "jks";
    const auto store = x509::readJavaKeyStore(bytes);
    if (!store) return note(content, store.error().message);
    for (const auto& entry : store->entries) {
        content.hasKey = content.hasKey || !entry.trusted;
        for (const auto& certificate : entry.certificates)
            add(content, certificate, entry.alias, entry.trusted);
    }
    if (store->unreadable > 0)
        note(content, std::to_string(store->unreadable) + " certificates cannot be read");
    if (store->cutShort) note(content, "what follows a secret key is not read");
}

void readStoreInTheClear(std::string_view bytes, FileContent& content)
{
    const auto held = x509::readClearParts(bytes);
    if (!held) return note(content, held.error().message);
    content.hasKey = held->keys > 0;
    content.keyPins = held->keyPins;
    content.locked = held->locked > 0 && held->certificates.empty();
    for (const auto& certificate : held->certificates)
        add(content, certificate, {}, held->keys == 0 && held->locked == 0);
    if (held->unreadable > 0)
        note(content, std::to_string(held->unreadable) + " certificates cannot be read");
}

void readStore(std::string_view bytes, const Secret* password, FileContent& content)
{
    content.store = "pkcs12";
    if (password == nullptr) return readStoreInTheClear(bytes, content);
    const auto held = x509::readPkcs12(bytes, *password);
    if (!held) {
        content.locked = held.error().kind == ErrorKind::PermissionDenied;
        return note(content, held.error().message);
    }
    content.hasKey = !held->keys.empty();
    for (const auto& [alias, key, chain] : held->keys) {
        content.keyPins.push_back(x509::sha256Hex(key.publicKeyDer()));
        for (const auto& certificate : chain)
            add(content, certificate, alias);
    }
    for (const auto& [alias, trusted, certificate] : held->others)
        add(content, certificate, alias, trusted || held->keys.empty());
}

// Certificates and keys lie in a file each. What stands for a public key is its CKA_ID.
void readNssDatabase(std::string_view bytes, nss::DatabaseKind kind, FileContent& content)
{
    content.store = "nss";
    if (kind == nss::DatabaseKind::Keys) {
        const auto ids = nss::readKeyIds(bytes);
        if (!ids) return note(content, ids.error().message);
        content.hasKey = !ids->empty();
        content.keyPins.assign(ids->begin(), ids->end());
        return;
    }
    const auto stored = nss::readCertificates(bytes);
    if (!stored) return note(content, stored.error().message);
    for (const auto& [nickname, keyId, certificate] : stored->certificates) {
        add(content, certificate, nickname);
        content.certificates.back().pin = keyId;
    }
    if (stored->unreadable > 0)
        note(content, std::to_string(stored->unreadable) + " certificates cannot be read");
    if (stored->more)
        note(content, "more than " + std::to_string(mostCertificates) + " certificates");
}

// A certificate, a .p7b, or a key: told by trying, cheapest first. Other DER is not ours.
void readDer(std::string_view der, const Secret* password, FileContent& content)
{
    if (x509::looksLikeSignedData(der)) {
        content.store = "pkcs7";
        return addAll(content, x509::enclosedCertificates(der));
    }
    if (auto certificate = x509::Certificate::fromDer(der)) {
        content.store = "der";
        return add(content, certificate);
    }
    if (auto key = x509::PrivateKey::fromDer(Secret(std::string(der)), password);
        key || key.error().kind == ErrorKind::PermissionDenied)
        addKey(content, key);
}

} // namespace

bool hasPemMark(std::string_view text)
{
    // A search by words of the processor, which std::string_view::find() is not.
    return ::memmem(text.data(), text.size(), pemMark.data(), pemMark.size()) != nullptr;
}

FirstLook lookAtBlock(std::string_view block, std::uint64_t size)
{
    if (x509::looksLikeJavaKeyStore(block) || announcedSize(block) == size ||
        x509::beginsLikePkcs12(block) || nss::kindOfDatabase(block) != nss::DatabaseKind::None)
        return FirstLook::Whole;
    if (block.size() == size && !hasPemMark(block)) return FirstLook::Nothing;
    // As grep tells text from the rest.
    return std::memchr(block.data(), 0, block.size()) == nullptr ? FirstLook::Text
                                                                 : FirstLook::Nothing;
}

FileContent contentOf(std::string_view bytes, const Secret* password)
{
    FileContent content;
    if (x509::looksLikeJavaKeyStore(bytes))
        readKeyStore(bytes, content);
    else if (x509::beginsLikePkcs12(bytes))
        readStore(bytes, password, content);
    else if (const auto kind = nss::kindOfDatabase(bytes); kind != nss::DatabaseKind::None)
        readNssDatabase(bytes, kind, content);
    else if (announcedSize(bytes) == bytes.size())
        readDer(bytes, password, content);
    else if (hasPemMark(bytes))
        readPem(bytes, password, content);
    return content;
}

} // namespace perennial::plugins::files
