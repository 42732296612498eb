#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/x509/certificate.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

// A database of NSS in the form of SQLite: cert9.db holds certificates, key4.db keys, each object a
// row with its PKCS#11 attributes as columns ("a102" is CKA_ID). Certificates are in the clear, and
// of a key its CKA_ID; what is secret of a key is encrypted, and its columns are never asked for.
namespace perennial::nss {

inline constexpr const char* certificatesFile = "cert9.db";
inline constexpr const char* keysFile = "key4.db";
inline constexpr std::size_t databaseLimit = 32U << 20U; // bytes of a file

enum class DatabaseKind { None, Certificates, Keys };
DatabaseKind kindOfDatabase(std::string_view block); // from the first block of a file

struct StoredCertificate {
    std::string nickname; // CKA_LABEL in UTF-8, at most 255 bytes; empty: none, or another one
    std::string keyId;    // lower-case hex of the CKA_ID that its key has; empty for other kinds
    x509::Certificate certificate;
};

struct StoredCertificates {
    std::vector<StoredCertificate> certificates; // at most 1000, in the database's order
    std::size_t unreadable = 0;
    bool more = false; // than those
};
Result<StoredCertificates> readCertificates(std::string_view file); // all of a cert9.db

// CKA_ID of every private key, lower-case hex. All of a key4.db.
Result<std::set<std::string>> readKeyIds(std::string_view file);

} // namespace perennial::nss
