#include "agent/scanner/key_store_reading.h"

#include "shared/base/file_traits.h"
#include "shared/x509/pkcs12.h"

namespace perennial::scanner {

namespace {

constexpr std::size_t passwordLimit = 1024;
// Of one file in one scan: a second at the worst.
constexpr std::int64_t iterationLimit = 2'000'000;

Result<Secret> readPassword(const FileSystem& files, const std::string& path)
{
    const auto resolved = resolveLinks(path);
    if (!resolved) return resolved.error();
    auto text = files.read(*resolved, passwordLimit);
    if (!text) return text.error();
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    return Secret(*std::move(text));
}

} // namespace

Result<std::vector<x509::Certificate>> readKeyStore(
    const FileSystem& files, const std::string& path, const std::string& passwordFile)
{
    const auto password = readPassword(files, passwordFile);
    if (!password) return password.error().in(path);
    const auto resolved = resolveLinks(path);
    if (!resolved) return resolved.error();
    const auto bytes = files.read(*resolved, x509::pkcs12SizeLimit);
    if (!bytes) return bytes.error();
    auto store = x509::readPkcs12(*bytes, *password, iterationLimit);
    if (!store) return store.error().in(path);
    if (store->keys.size() != 1 || store->keys.front().chain.empty())
        return Error{
            ErrorKind::InvalidInput, path + ": does not hold exactly one key with its certificate"};
    return std::move(store->keys.front().chain);
}

} // namespace perennial::scanner
