#include "controller/enrollment/issuing/issuing_authority.h"

#include "shared/base/file_system.h"
#include "shared/tls/tls_settings.h"

namespace perennial::enrollment::server {

namespace {

constexpr Duration rootLife = std::chrono::hours(24 * 365 * 20);
constexpr Duration issuingLife = std::chrono::hours(24 * 365 * 10);
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
    const auto issuing = x509::makeIntermediate(
        {names.issuing, start, now + issuingLife, 0}, *issuingKey, *root, *rootKey);
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

Result<EmbeddedAuthority> EmbeddedAuthority::open(const Files& paths)
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
    return EmbeddedAuthority({identity->chain.front(), *root}, *std::move(key));
}

Result<x509::Certificate> EmbeddedAuthority::issue(const x509::CertificateContent& content)
{
    return x509::issueCertificate(content, chain_.front(), key_);
}

} // namespace perennial::enrollment::server
