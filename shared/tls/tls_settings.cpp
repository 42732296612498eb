#include "shared/tls/tls_settings.h"

#include "shared/base/file_descriptor.h"
#include "shared/base/file_system.h"
#include "shared/base/secret_file.h"
#include "shared/base/trusted_path.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace perennial::tls {

namespace {

constexpr std::size_t certificateFileLimit = 1U << 20U;
constexpr std::size_t chainLimit = 20;

Error cannotOpen(const std::string& file, int number)
{
    const auto kind = number == ENOENT   ? ErrorKind::NotFound
                      : number == EACCES ? ErrorKind::PermissionDenied
                                         : ErrorKind::InvalidInput;
    return {kind, file + ": " + std::strerror(number)};
}

// The admin may keep links to the current pair; the file behind the link is what counts.
Result<std::string> readCertificateFile(const std::string& file)
{
    std::error_code failed;
    const auto path = std::filesystem::canonical(file, failed);
    if (failed) return cannotOpen(file, failed.value());
    return PosixFileSystem().read(path, certificateFileLimit);
}

Result<x509::PrivateKey> readKeyFile(const std::string& file)
{
    if (auto way = checkWay(file); !way) return way.error();
    const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!opened) return cannotOpen(file, errno);
    struct stat facts {};
    if (::fstat(opened.get(), &facts) != 0) return cannotOpen(file, errno);
    if (!S_ISREG(facts.st_mode))
        return Error{ErrorKind::InvalidInput, file + ": not a regular file"};
    if (auto secret = checkSecrecy(opened.get(), file); !secret) return secret.error();
    auto key = x509::PrivateKey::fromDescriptor(opened.get());
    if (!key) return key.error().in(file);
    return key;
}

} // namespace

Result<Identity> loadIdentity(const std::string& certificateFile, const std::string& keyFile)
{
    auto key = readKeyFile(keyFile);
    if (!key) return key.error();
    return loadIdentity(certificateFile, *std::move(key), keyFile);
}

Result<Identity> loadIdentity(
    const std::string& certificateFile, x509::PrivateKey key, const std::string& keyName)
{
    const auto text = readCertificateFile(certificateFile);
    if (!text) return text.error();
    auto chain = x509::Certificate::allFromPem(*text, chainLimit);
    if (!chain) return chain.error().in(certificateFile);
    if (chain->empty())
        return Error{ErrorKind::InvalidInput, certificateFile + ": no certificate in it"};
    if (!key.matches(chain->front()))
        return Error{ErrorKind::InvalidInput,
            keyName + " is not the key of the first certificate in " + certificateFile + " (" +
                chain->front().displayName() + ")"};
    return Identity{*std::move(chain), std::make_shared<const x509::PrivateKey>(std::move(key))};
}

} // namespace perennial::tls
