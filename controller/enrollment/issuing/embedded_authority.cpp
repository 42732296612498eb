#include "controller/enrollment/issuing/issuing_authority.h"

#include "shared/base/file_system.h"
#include "shared/tls/tls_settings.h"
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

} // namespace

Status EmbeddedAuthority::make(const Files& paths, const Names& names, TimePoint now)
{
    auto rootKey = x509::PrivateKey::generate(names.keyType);
    if (!rootKey) return rootKey.error();
    auto issuingKey = x509::PrivateKey::generate(names.keyType);
    if (!issuingKey) return issuingKey.error();
    const auto start = now - madeEarlier;
    const auto root = x509::makeRoot({names.root, start, now + rootLife, 1}, *rootKey);
    if (!root) return root.error();
    const auto issuing =
        x509::makeIntermediate({names.issuing, start, now + issuingLife, 0, names.issuingAddresses},
            *issuingKey, *root, *rootKey);
    if (!issuing) return issuing.error();

    PosixFileSystem files;
    const auto rootSecret = rootKey->toPem();
    const auto issuingSecret = issuingKey->toPem();
    if (auto done = writeNew(files, paths.rootKey, rootSecret.reveal(), 0600); !done) return done;
    if (auto done = writeNew(files, paths.issuingKey, issuingSecret.reveal(), 0600); !done)
        return done;
    if (auto done = writeNew(files, paths.root, root->toPem(), 0644); !done) return done;
    return writeNew(files, paths.issuing, issuing->toPem(), 0644);
}

Result<EmbeddedAuthority> EmbeddedAuthority::open(
    const Files& paths, std::vector<x509::Extension> addresses)
{
    auto identity = tls::loadIdentity(paths.issuing, paths.issuingKey);
    if (!identity) return identity.error().in("issuing authority");
    const PosixFileSystem files;
    const auto rootPem = files.read(paths.root);
    if (!rootPem) return rootPem.error();
    const auto root = x509::Certificate::fromPem(*rootPem);
    if (!root) return root.error().in(paths.root);
    const auto keyPem = files.read(paths.issuingKey, x509::PrivateKey::sizeLimit);
    if (!keyPem) return keyPem.error();
    auto key = x509::PrivateKey::fromPem(Secret(*keyPem));
    if (!key) return key.error().in(paths.issuingKey);
    return EmbeddedAuthority(
        {identity->chain.front(), *root}, *std::move(key), std::move(addresses));
}

Status EmbeddedAuthority::writeRootList(
    const Files& paths, const std::string& listFile, TimePoint now)
{
    auto identity = tls::loadIdentity(paths.root, paths.rootKey);
    if (!identity) return identity.error().in("root authority");
    x509::RevocationListContent content;
    content.number = now.time_since_epoch().count(); // more than every one before
    content.thisUpdate = now - clockSkew;
    content.nextUpdate = now + rootListLife;
    const auto list = x509::RevocationList::make(content, identity->chain.front(), *identity->key);
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
