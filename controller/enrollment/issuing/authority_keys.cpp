#include "controller/enrollment/issuing/authority_keys.h"

#include "shared/base/file_system.h"
#include "shared/x509/token_key.h"

namespace perennial::enrollment::server {

namespace {

constexpr std::size_t pinLimit = 256;

Result<std::string> readOwnFile(const std::string& path, std::size_t limit)
{
    const PosixFileSystem files;
    const auto facts = files.inspect(path);
    if (!facts) return facts.error();
    if ((facts->mode & 077U) != 0)
        return Error{ErrorKind::PermissionDenied, path + " can be read by others: chmod 600 it"};
    return files.read(path, limit);
}

} // namespace

Result<x509::PrivateKey> openTokenKey(const TokenSettings& settings, const std::string& address)
{
    auto pin = readOwnFile(settings.pinFile, pinLimit);
    if (!pin) return pin.error();
    while (!pin->empty() && (pin->back() == '\n' || pin->back() == '\r'))
        pin->pop_back();
    if (pin->empty()) return Error{ErrorKind::InvalidInput, settings.pinFile + " is empty"};
    return x509::openTokenKey({settings.module, Secret(*std::move(pin))}, address);
}

Result<x509::PrivateKey> readKeyFile(const std::string& path)
{
    auto pem = readOwnFile(path, x509::PrivateKey::sizeLimit);
    if (!pem) return pem.error();
    auto key = x509::PrivateKey::fromPem(Secret(*std::move(pem)));
    if (!key) return key.error().in(path);
    return key;
}

} // namespace perennial::enrollment::server
