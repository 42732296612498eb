#include "controller/enrollment/commands/commands.h"

#include "controller/enrollment/authentication/user_desk.h"
#include "shared/base/file_system.h"
#include "shared/base/random.h"
#include "shared/base/secret_file.h"
#include "shared/x509/digest.h"

namespace perennial::enrollment::server {

namespace {

constexpr std::size_t tokenBytes = 32;

} // namespace

Status addUser(const EnrollmentConfig& config, const std::string& name,
    const std::string& passwordFile, const std::set<std::string>& groups, const Clock& clock)
{
    const auto password = readSecretLine(passwordFile);
    if (!password) return password.error();
    auto store = EnrollmentStore::open(config.databaseFile());
    if (!store) return store.error();
    HeldUsers users(config.users);
    const auto put = UserDesk(users, **store, clock).put("local", name, *password, groups);
    if (!put) return put.error();
    return {};
}

Status addAdmin(const EnrollmentConfig& config, const EnrollmentStore::Admin& admin,
    const std::string& tokenFile, const Clock& clock)
{
    if (!isPlainName(admin.name))
        return Error{
            ErrorKind::InvalidInput, "an admin's name holds letters, digits, -, _, . and @"};
    PosixFileSystem files;
    if (files.inspect(tokenFile))
        return Error{ErrorKind::Conflict, tokenFile + " is there already; name a new file"};
    auto store = EnrollmentStore::open(config.databaseFile());
    if (!store) return store.error();
    const auto token = toBase64Url(randomBytes(tokenBytes));
    if (auto done = files.replace(tokenFile, token + "\n", {0600, {}, {}}); !done) return done;
    return (*store)->putAdmin(admin, x509::sha256Hex(token), clock.now());
}

} // namespace perennial::enrollment::server
