#include "shared/service_config/named_pair.h"

#include "shared/model/token_uri.h"
#include "shared/service_config/config_path.h"

#include <initializer_list>
#include <optional>

namespace perennial::service_config {

namespace {

constexpr std::size_t mostPlaces = 20'000;

// A key in a PKCS#11 token, as nginx names it for OpenSSL's engine ("engine:pkcs11:pkcs11:...") or
// its store, and Apache by itself. What chooses it is kept, a PIN is not.
std::optional<std::string> tokenKeyOf(std::string_view path)
{
    for (const std::string_view before : {"engine:pkcs11:", "store:"}) {
        if (path.starts_with(before)) path.remove_prefix(before.size());
    }
    if (!model::isTokenUri(path)) return std::nullopt;
    const auto uri = model::parseTokenUri(path);
    return uri ? std::optional(uri->text()) : std::nullopt;
}

// False, and told, where a file is none or no place is left.
bool mayAdd(const std::string& at, std::initializer_list<const NamedFile*> files, Discovery& found)
{
    for (const auto* file : files) {
        if (const auto fault = findPathFault(file->path); !fault.empty()) {
            found.skip(at + ": " + file->setting + " " + fault);
            return false;
        }
    }
    if (found.places.size() < mostPlaces) return true;
    found.skip(at + ": too many certificates");
    return false;
}

} // namespace

void addPlace(const NamedPair& pair, const std::string& service,
    const std::vector<model::Listener>& listeners, const std::vector<std::string>& warnings,
    Discovery& found)
{
    if (const auto key = tokenKeyOf(pair.key.path)) {
        if (!mayAdd(pair.at, {&pair.certificate}, found)) return;
        found.places.push_back({{"pkcs11", fullPath(pair.certificate.path, pair.folder), *key},
            service, listeners, warnings});
        return;
    }
    if (!mayAdd(pair.at, {&pair.certificate, &pair.key}, found)) return;
    found.places.push_back({{"pem", fullPath(pair.certificate.path, pair.folder),
                                fullPath(pair.key.path, pair.folder)},
        service, listeners, warnings});
}

void addKeyStore(const NamedKeyStore& store, const std::string& service,
    const std::vector<model::Listener>& listeners, const std::vector<std::string>& warnings,
    Discovery& found)
{
    if (!mayAdd(store.at, {&store.file}, found)) return;
    const auto path = fullPath(store.file.path, store.folder);
    found.places.push_back(
        {{"pkcs12", path, path}, service, listeners, warnings, store.passwordFile});
}

} // namespace perennial::service_config
