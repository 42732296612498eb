#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>

namespace perennial::plugins::files {

// Which key file belongs to which certificate file. Pure.
class KeyPairing {
public:
    // `pin`: of the public half; empty when the key cannot be read. Add in the order of the paths:
    // the first of equals is taken.
    void addKey(const std::string& path, const std::string& pin);

    // A key with the certificate's public key: in the file itself, else in its folder (the same
    // base name first), else elsewhere (again).
    std::optional<std::string> matchingKey(
        const std::string& certificatePath, const std::string& pin) const;
    // Else the key beside it with the same base name, although it does not match or cannot be read:
    // that is worth a warning.
    std::optional<std::string> keyFor(
        const std::string& certificatePath, const std::string& pin) const;

private:
    using Names = std::tuple<std::string, std::string, std::string>;
    std::optional<std::string> find(const Names& names) const;

    // By pin, folder, base name; what does not count is empty.
    std::map<Names, std::string> keys_;
    std::map<std::string, std::string> pinOf_;
};

} // namespace perennial::plugins::files
