#pragma once

#include "shared/base/process.h"
#include "shared/x509/certificate.h"
#include "shared/x509/private_key.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace perennial::nss {

struct KeyPair {
    x509::PrivateKey key;
    std::vector<x509::Certificate> chain; // leaf first
};

// One NSS database (cert9.db and key4.db in a folder) through certutil and pk12util of Debian's
// libnss3-tools. Keys go through files in memory only.
class NssTools {
public:
    // Password file: the first line opens the database; empty: it has no password.
    NssTools(std::filesystem::path folder, std::string passwordFile)
        : folder_(std::move(folder)), passwordFile_(std::move(passwordFile))
    {
    }

    // The certificate of that nickname that NSS would take; unset: none.
    Result<std::optional<x509::Certificate>> certificate(const std::string& nickname) const;
    // The same with its key and chain.
    Result<std::optional<KeyPair>> pair(const std::string& nickname) const;
    Status add(const std::string& nickname, const KeyPair& pair);
    Status removeCertificate(const std::string& nickname); // not their keys
    // A key without a certificate; fine when it is not there.
    Status removeKey(const Bytes& keyId);
    Status checkPassword() const;

private:
    Result<Finished> runTool(const char* tool, std::vector<std::string> arguments,
        std::vector<int> descriptors = {}) const;

    std::filesystem::path folder_;
    std::string passwordFile_;
};

} // namespace perennial::nss
