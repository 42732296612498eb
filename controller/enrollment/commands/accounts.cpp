#include "controller/enrollment/commands/commands.h"

#include "controller/enrollment/authentication/users.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/base/file_system.h"
#include "shared/base/random.h"
#include "shared/x509/digest.h"

namespace perennial::enrollment::server {

namespace {

constexpr std::size_t tokenBytes = 32;

Result<Secret> readSecret(const FileSystem& files, const std::string& path)
{
    const auto facts = files.inspect(path);
    if (!facts) return facts.error();
    if ((facts->mode & 077U) != 0)
        return Error{ErrorKind::PermissionDenied, path + " can be read by others: chmod 600 it"};
    auto text = files.read(path, 4096);
    if (!text) return text.error();
    while (!text->empty() && (text->back() == '\n' || text->back() == '\r'))
        text->pop_back();
    if (text->empty()) return Error{ErrorKind::InvalidInput, path + " is empty"};
    return Secret(*std::move(text));
}

} // namespace

Status addUser(const EnrollmentConfig& config, const std::string& name,
    const std::string& passwordFile, const std::set<std::string>& groups)
{
    const PosixFileSystem files;
    const auto password = readSecret(files, passwordFile);
    if (!password) return password.error();
    HeldUsers users(config.users);
    const auto put = users.put(name, *password, groups);
    if (!put) return put.error();
    return {};
}

Status addAdmin(
    const EnrollmentConfig& config, const std::string& name, const std::string& tokenFile)
{
    if (!isPlainName(name))
        return Error{
            ErrorKind::InvalidInput, "an admin's name holds letters, digits, -, _, . and @"};
    PosixFileSystem files;
    if (files.inspect(tokenFile))
        return Error{ErrorKind::Conflict, tokenFile + " is there already; name a new file"};
    auto store = EnrollmentStore::open(config.databaseFile());
    if (!store) return store.error();
    const auto token = toBase64Url(randomBytes(tokenBytes));
    if (auto done = files.replace(tokenFile, token + "\n", {0600, {}, {}}); !done) return done;
    return (*store)->putAdmin(name, x509::sha256Hex(token));
}

} // namespace perennial::enrollment::server
