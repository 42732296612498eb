#include "controller/enrollment/issuing/issuing_authority.h"

#include "shared/base/file_system.h"
#include "shared/x509/revocation_list.h"

namespace perennial::enrollment::server {

namespace {

constexpr Duration rootLife = std::chrono::hours(24 * 365 * 20);
constexpr Duration issuingLife = std::chrono::hours(24 * 365 * 10);
constexpr Duration rootListLife = std::chrono::hours(24 * 400); // once a year, with time to spare
constexpr Duration clockSkew = std::chrono::minutes(10);
constexpr Duration madeEarlier =
    std::chrono::hours(24 * 365); // so that test certificates can look old

Status writeNew(FileSystem& files, const std::string& path, std::string_view content, mode_t mode)
{
    if (files.inspect(path))
        return Error{
            ErrorKind::Conflict, path + " is there already; an authority is made only once"};
    return files.replace(path, content, {mode, {}, {}});
}

// The addresses are empty where the key is in a file.
std::string issuingAddress(const EmbeddedAuthority::Files& paths)
{
    return paths.token ? paths.token->issuingKey : "";
}
std::string rootAddress(const EmbeddedAuthority::Files& paths)
{
    return paths.token ? paths.token->rootKey : "";
}

Result<x509::PrivateKey> openKey(
    const EmbeddedAuthority::Files& paths, const std::string& address, const std::string& file)
{
    return address.empty() ? readKeyFile(file) : openTokenKey(*paths.token, address);
}

Result<x509::PrivateKey> makeKey(
    const EmbeddedAuthority::Files& paths, const std::string& address, const std::string& keyType)
{
    return address.empty() ? x509::PrivateKey::generate(keyType)
                           : openTokenKey(*paths.token, address);
}

Status writeKey(FileSystem& files, const std::string& address, const std::string& file,
    const x509::PrivateKey& key)
{
    if (!address.empty()) return {};
    const auto secret = key.toPem();
    return writeNew(files, file, secret.reveal(), 0600);
}

Result<x509::Certificate> readCertificate(const std::string& path)
{
    const auto pem = PosixFileSystem().read(path);
    if (!pem) return pem.error();
    auto certificate = x509::Certificate::fromPem(*pem);
    if (!certificate) return certificate.error().in(path);
    return certificate;
}

} // namespace

Status EmbeddedAuthority::make(const Files& paths, const Names& names, TimePoint now)
{
    auto rootKey = makeKey(paths, rootAddress(paths), names.keyType);
    if (!rootKey) return rootKey.error();
    auto issuingKey = makeKey(paths, issuingAddress(paths), names.keyType);
    if (!issuingKey) return issuingKey.error();
    const auto start = now - madeEarlier;
    const auto root = x509::makeRoot({names.root, start, now + rootLife, 1}, *rootKey);
    if (!root) return root.error();
    const auto issuing =
        x509::makeIntermediate({names.issuing, start, now + issuingLife, 0, names.issuingAddresses},
            *issuingKey, *root, *rootKey);
    if (!issuing) return issuing.error();

    PosixFileSystem files;
    if (auto done = writeKey(files, rootAddress(paths), paths.rootKey, *rootKey); !done)
        return done;
    if (auto done = writeKey(files, issuingAddress(paths), paths.issuingKey, *issuingKey); !done)
        return done;
    if (auto done = writeNew(files, paths.root, root->toPem(), 0644); !done) return done;
    return writeNew(files, paths.issuing, issuing->toPem(), 0644);
}

Result<EmbeddedAuthority> EmbeddedAuthority::open(
    const Files& paths, std::vector<x509::Extension> addresses)
{
    const auto issuing = readCertificate(paths.issuing);
    if (!issuing) return issuing.error();
    const auto root = readCertificate(paths.root);
    if (!root) return root.error();
    auto key = openKey(paths, issuingAddress(paths), paths.issuingKey);
    if (!key) return key.error().in("issuing authority");
    if (!key->matches(*issuing))
        return Error{ErrorKind::InvalidInput,
            "issuing authority: the key does not belong to " + paths.issuing};
    return EmbeddedAuthority({*issuing, *root}, *std::move(key), std::move(addresses));
}

Status EmbeddedAuthority::writeRootList(
    const Files& paths, const std::string& listFile, TimePoint now)
{
    const auto root = readCertificate(paths.root);
    if (!root) return root.error();
    const auto key = openKey(paths, rootAddress(paths), paths.rootKey);
    if (!key) return key.error().in("root authority");
    x509::RevocationListContent content;
    content.number = now.time_since_epoch().count(); // more than every one before
    content.thisUpdate = now - clockSkew;
    content.nextUpdate = now + rootListLife;
    const auto list = x509::RevocationList::make(content, *root, *key);
    if (!list) return list.error();
    return PosixFileSystem().replace(listFile, list->toDer(), {0644, {}, {}});
}

Result<x509::Certificate> EmbeddedAuthority::issue(const x509::CertificateContent& content)
{
    auto complete = content;
    complete.extensions.insert(complete.extensions.end(), addresses_.begin(), addresses_.end());
    return x509::issueCertificate(complete, chain_.front(), key_);
}

} // namespace perennial::enrollment::server
