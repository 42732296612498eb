#include "shared/nss/nss_database.h"

#include "shared/sql/foreign/foreign_table.h"
#include "shared/x509/nss_key_id.h"

#include <cstring>

namespace perennial::nss {

namespace {

constexpr std::string_view magic("SQLite format 3\0", 16);
constexpr std::size_t mostCertificates = 1000;
constexpr std::size_t longestNickname = 255; // bytes, as of a file's name
// CK_ULONG, big-endian in four bytes (PKCS#11 2.40, object classes and certificate types).
constexpr std::string_view certificateClass("\0\0\0\1", 4);
constexpr std::string_view privateKeyClass("\0\0\0\3", 4);
constexpr std::string_view x509Type("\0\0\0\0", 4);
constexpr std::string_view emptyAttribute("\xA5\0\x5A", 3); // NSS's way to store no bytes

bool contains(std::string_view block, std::string_view word)
{
    return ::memmem(block.data(), block.size(), word.data(), word.size()) != nullptr;
}

std::string nicknameOf(const Bytes& label)
{
    const bool fits = label != emptyAttribute && label.size() <= longestNickname;
    return fits && isValidUtf8(label) ? label : "";
}

std::string keyIdOf(const x509::Certificate& certificate)
{
    const auto id = x509::nssKeyId(certificate.publicKeyDer());
    return id ? toHex(*id) : "";
}

} // namespace

DatabaseKind kindOfDatabase(std::string_view block)
{
    if (!block.starts_with(magic)) return DatabaseKind::None;
    if (contains(block, "CREATE TABLE nssPrivate ")) return DatabaseKind::Keys;
    if (contains(block, "CREATE TABLE nssPublic ")) return DatabaseKind::Certificates;
    return DatabaseKind::None;
}

Result<StoredCertificates> readCertificates(std::string_view file)
{
    // CKA_CLASS, CKA_CERTIFICATE_TYPE, CKA_LABEL, CKA_VALUE.
    const auto rows = sql::readForeignTable(file, "nssPublic", {"a0", "a80", "a3", "a11"});
    if (!rows) return rows.error();
    StoredCertificates stored;
    for (const auto& row : *rows) {
        if (row[0] != certificateClass || row[1] != x509Type) continue;
        auto certificate = x509::Certificate::fromDer(row[3]);
        if (!certificate) {
            ++stored.unreadable;
            continue;
        }
        if (stored.certificates.size() >= mostCertificates) {
            stored.more = true;
            break;
        }
        auto id = keyIdOf(*certificate);
        stored.certificates.push_back({nicknameOf(row[2]), std::move(id), *std::move(certificate)});
    }
    return stored;
}

Result<std::set<std::string>> readKeyIds(std::string_view file)
{
    const auto rows = sql::readForeignTable(file, "nssPrivate", {"a0", "a102"});
    if (!rows) return rows.error();
    std::set<std::string> ids;
    for (const auto& row : *rows) {
        if (row[0] == privateKeyClass && !row[1].empty()) ids.insert(toHex(row[1]));
    }
    return ids;
}

} // namespace perennial::nss
