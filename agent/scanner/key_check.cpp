#include "agent/scanner/key_check.h"

#include "agent/scanner/slot_reading.h"
#include "shared/base/file_traits.h"
#include "shared/x509/pem.h"
#include "shared/x509/private_key.h"

#include <array>
#include <sys/stat.h>

namespace perennial::scanner {

namespace {

std::string octal(mode_t mode)
{
    std::string text = "0000";
    for (std::size_t i = 0; i < 4; ++i)
        text[3 - i] = static_cast<char>('0' + ((mode >> (3 * i)) & 7U));
    return text;
}

void addAttributeWarnings(const FileFacts& facts, std::vector<std::string>& warnings)
{
    const auto mode = " (mode " + octal(facts.mode) + ")";
    if ((facts.mode & (S_IROTH | S_IWOTH)) != 0)
        warnings.push_back("key file is readable or writable by everybody" + mode);
    else if ((facts.mode & S_IWGRP) != 0)
        warnings.push_back("key file is writable by its group" + mode);
    if (facts.links > 1)
        warnings.push_back("key file has " + std::to_string(facts.links) + " hard links");
}

// "" when the key belongs to the certificate.
std::string compare(const Secret& text, const x509::Certificate& leaf)
{
    const auto block = x509::privateKeyBlock(text.reveal());
    if (block.empty()) return "key file holds no private key in PEM";
    const auto key = x509::PrivateKey::fromPem(Secret(std::string(block)));
    if (!key) return "whether the key matches is not known: " + key.error().message;
    return key->matches(leaf) ? "" : "key does not match the certificate";
}

} // namespace

std::vector<std::string> checkKeyFile(const FileSystem& files, const std::string& path)
{
    const auto resolved = resolveLinks(path);
    if (!resolved) return {"key file cannot be found: " + resolved.error().message};
    std::vector<std::string> warnings;
    if (const auto named = files.inspect(path); named && named->type == FileFacts::Type::Link)
        warnings.emplace_back("key path is a symbolic link");
    const auto facts = files.inspect(*resolved);
    if (!facts) return {"key file cannot be looked at: " + facts.error().message};
    if (facts->type == FileFacts::Type::Regular) addAttributeWarnings(*facts, warnings);
    if (isOnNetwork(*resolved))
        warnings.emplace_back(
            "key file is on a network file system: a crash there may lose a rename");
    return warnings;
}

std::vector<std::string> checkKey(
    const FileSystem& files, const std::string& path, const x509::Certificate& leaf)
{
    auto warnings = checkKeyFile(files, path);
    const auto resolved = resolveLinks(path);
    if (!resolved || !files.inspect(*resolved)) return warnings;
    auto text = files.read(*resolved, chainFileLimit);
    if (!text) {
        warnings.push_back("key file cannot be read: " + text.error().message);
        return warnings;
    }
    if (auto problem = compare(Secret(*std::move(text)), leaf); !problem.empty())
        warnings.push_back(std::move(problem));
    return warnings;
}

} // namespace perennial::scanner
