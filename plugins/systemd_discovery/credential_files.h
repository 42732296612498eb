#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/x509/certificate.h"

#include <map>
#include <string>
#include <vector>

namespace perennial::plugins::systemd {

// What is read of all units together. A path that is asked for is an entry, whether it is there or
// not.
struct CredentialLimits {
    std::size_t files = 5'000;
    std::size_t bytes = 64U << 20U;
    std::size_t entries = 100'000;
};

struct CredentialFile {
    enum class Kind { None, Regular, Folder }; // None: a socket, or nothing, is there
    Kind kind = Kind::None;
    std::vector<std::string> names;              // of what is in a folder
    std::vector<x509::Certificate> certificates; // of PEM
    std::string keyPin;                          // SHA-256 of its key's public half; "" for none
    std::string fault;                           // why it cannot be read
};

// The files and folders that units are given as credentials. Each is looked at once, whoever names
// it; when the limits are reached, that is said once, and nothing more is looked at.
class CredentialFiles {
public:
    // `stores`: where a credential without a path is looked for.
    CredentialFiles(const FileSystem& files, std::vector<std::string> stores, Discovery& found,
        CredentialLimits limits = {})
        : files_(files), stores_(std::move(stores)), found_(found), limits_(limits)
    {
    }

    // The path that a credential's source stands for; "" for none.
    std::string pathOf(const std::string& source);
    // What is there; of no kind once the limits are reached. A folder that `mayList` forbids is not
    // looked into, and is not kept.
    const CredentialFile& at(const std::string& path, bool mayList);
    bool isSpent() const { return isSpent_; }

private:
    bool spend(std::size_t& left, std::size_t amount);
    void list(const std::string& path, CredentialFile& file);
    void read(const std::string& path, CredentialFile& file);

    const FileSystem& files_;
    std::vector<std::string> stores_;
    Discovery& found_;
    CredentialLimits limits_; // what is left of them
    bool isSpent_ = false;
    std::map<std::string, std::string> paths_; // by source
    std::map<std::string, CredentialFile> known_;
};

} // namespace perennial::plugins::systemd
