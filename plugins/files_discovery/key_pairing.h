#pragma once

#include "shared/base/accounts.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace perennial::plugins::files {

struct PairedFile {
    std::string path;
    FileReaders readers = {};
    bool inOpenFolder = false; // where everybody may put files
};

// Which key file belongs to which certificate file. Pure. A certificate is public: anybody can lay
// a copy anywhere. So its owner must be root, or one who may read the key, or one who was let into
// the folder of the key.
class KeyPairing {
public:
    using MayRead = std::function<bool(uid_t user, const FileReaders& key)>;
    explicit KeyPairing(MayRead mayRead) : mayRead_(std::move(mayRead)) {}

    // `pin`: of the public half; empty when the key cannot be read. Add in the order of the paths:
    // the first of equals is taken.
    void addKey(const PairedFile& file, const std::string& pin);

    // A key with the certificate's public key: in the file itself, else in its folder (the same
    // base name first), else elsewhere (again).
    std::optional<std::string> matchingKey(
        const PairedFile& certificate, const std::string& pin) const;
    // Else the key beside it with the same base name, although it does not match or cannot be read:
    // that is worth a warning.
    std::optional<std::string> keyFor(const PairedFile& certificate, const std::string& pin) const;
    bool hasKey(const std::string& pin) const; // whosever it is

private:
    using Names = std::tuple<std::string, std::string, std::string>;
    std::optional<std::string> find(
        const Names& names, const PairedFile& certificate, bool sameFolder) const;

    MayRead mayRead_;
    // By pin, folder, base name; what does not count is empty. Of each set of readers the first.
    std::map<Names, std::vector<PairedFile>> keys_;
    std::map<std::string, std::string> pinOf_;
};

} // namespace perennial::plugins::files
