#include "controller/enrollment/issuing/authority_keys.h"

#include "shared/base/secret_file.h"
#include "shared/x509/token_key.h"

namespace perennial::enrollment::server {

Result<x509::PrivateKey> openTokenKey(const TokenSettings& settings, const std::string& address)
{
    auto pin = readSecretLine(settings.pinFile);
    if (!pin) return pin.error();
    return x509::openTokenKey({settings.module, *std::move(pin)}, address);
}

Result<x509::PrivateKey> readKeyFile(const std::string& path)
{
    const auto pem = readSecretFile(path, x509::PrivateKey::sizeLimit);
    if (!pem) return pem.error();
    auto key = x509::PrivateKey::fromPem(*pem);
    if (!key) return key.error().in(path);
    return key;
}

} // namespace perennial::enrollment::server
