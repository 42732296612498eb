#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/x509/certificate.h"

#include <set>
#include <string>
#include <vector>

namespace perennial::plugins::trust {

struct Anchor {
    std::string path;  // of the file that holds it, links followed
    std::string entry; // its alias in a Java key store
    x509::Certificate certificate;
};

// Reads stores of trust anchors within limits. What cannot be read is told in `found.skipped`.
class TrustStores {
public:
    TrustStores(const FileSystem& files, Discovery& found) : files_(files), found_(found) {}

    // A bundle of PEM, a Java key store without a password, or a folder as OpenSSL reads it, by the
    // names that are hashes (X509_LOOKUP_hash_dir(3)), with all that such a file holds. Nothing,
    // and nothing told, for what is not there.
    std::vector<Anchor> anchorsIn(const std::string& store);
    // SHA-256 of every certificate in the files of a folder and of those in it.
    std::set<std::string> fingerprintsBelow(const std::string& folder);

private:
    std::vector<Anchor> anchorsOf(const std::string& path);
    void addBelow(const std::string& folder, int depth, std::set<std::string>& fingerprints);
    bool takeFile(const std::string& path); // false: no more files are read

    const FileSystem& files_;
    Discovery& found_;
    std::size_t filesRead_ = 0;
};

// Whether OpenSSL looks for it in a folder: "ab12cd34.0".
bool isHashName(const std::string& name);

} // namespace perennial::plugins::trust
