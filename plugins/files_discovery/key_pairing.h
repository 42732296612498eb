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
    // base name first), else elsewhere (again). Else the key beside it with the same base name,
    // although it does not match or cannot be read: that is worth a warning.
    std::optional<std::string> keyFor(
        const std::string& certificatePath, const std::string& pin) const;

private:
    // Keys of the map: pin, folder, base name; what does not count is empty.
    std::map<std::tuple<std::string, std::string, std::string>, std::string> keys_;
    std::map<std::string, std::string> pinOf_;
};

} // namespace perennial::plugins::files
