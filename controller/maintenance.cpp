#include "controller/maintenance.h"

#include "controller/controller.h"
#include "controller/storage/access_store.h"
#include "shared/audit/log_copy.h"
#include "shared/base/random.h"
#include "shared/x509/digest.h"

namespace perennial::controller {

namespace {

constexpr std::size_t tokenBytes = 32;
constexpr std::size_t fileLimit = 2U << 30U;
constexpr int folderDepth = 12;

// Copies regular files with their modes, folders below, nothing else.
Status copyFolder(FileSystem& files, const std::string& from, const std::string& to, int depth)
{
    if (depth == 0) return Error{ErrorKind::InvalidInput, from + ": folders too deep"};
    if (auto made = files.makeFolder(to); !made) return made;
    const auto names = files.list(from);
    if (!names) return names.error();
    for (const auto& name : *names) {
        const auto source = from + "/" + name;
        const auto target = to + "/" + name;
        const auto facts = files.inspect(source);
        if (!facts) return facts.error();
        if (facts->type == FileFacts::Type::Folder) {
            if (auto done = copyFolder(files, source, target, depth - 1); !done) return done;
        } else if (facts->type == FileFacts::Type::Regular) {
            const auto content = files.read(source, fileLimit);
            if (!content) return content.error();
            if (auto done = files.replace(target, *content, {facts->mode, {}, {}}); !done)
                return done;
        }
    }
    return {};
}

} // namespace

Status addOperator(const ControllerConfig& config, FileSystem& files, const std::string& name,
    const std::string& role, const std::string& tokenFile)
{
    if (!model::isSafeIdentifier(name))
        return Error{
            ErrorKind::InvalidInput, "an operator's name holds letters, digits, -, _ and ."};
    if (files.inspect(tokenFile))
        return Error{ErrorKind::Conflict, tokenFile + " is there already; name a new file"};
    const auto database = sql::Database::open(config.databaseFile(), allMigrations());
    if (!database) return database.error();
    const auto token = toBase64Url(randomBytes(tokenBytes));
    if (auto done = files.replace(tokenFile, token + "\n", {0600, {}, {}}); !done) return done;
    return (*database)->transaction([&](sql::Session& session) {
        return access::putOperator(session, {name, role}, x509::sha256Hex(token));
    });
}

Status backup(const ControllerConfig& config, FileSystem& files, const std::string& folder)
{
    if (files.inspect(folder))
        return Error{ErrorKind::Conflict, folder + " is there already; name a new folder"};
    if (auto made = files.makeFolder(folder); !made) return made;
    const auto database = sql::Database::open(config.databaseFile(), allMigrations());
    if (!database) return database.error();
    if (auto done = (*database)->backup(folder + "/controller.db"); !done) return done;
    for (const auto* name : {"authority.pem", "authority.key", "audit.key"}) {
        const auto content = files.read(config.state + "/" + name);
        if (!content) return content.error();
        const mode_t mode = std::string_view(name) == "authority.pem" ? 0644 : 0600;
        if (auto done = files.replace(folder + "/" + name, *content, {mode, {}, {}}); !done)
            return done;
    }
    for (const auto& [from, name] :
        {std::pair{config.policies.folder, "policies"}, std::pair{config.sinkFolder(), "sinks"}}) {
        if (auto done = copyFolder(files, from, folder + "/" + name, folderDepth); !done)
            return done;
    }
    // After the database and the sinks' cursors: neither may be ahead of the log.
    return audit::copyLog(files, config.auditFolder(), folder + "/audit");
}

Status restore(const ControllerConfig& config, FileSystem& files, const std::string& folder)
{
    if (files.inspect(config.databaseFile()))
        return Error{ErrorKind::Conflict,
            config.databaseFile() + " is there: restore only into an empty state folder"};
    if (!files.inspect(folder + "/controller.db"))
        return Error{ErrorKind::NotFound, folder + " holds no backup of a controller"};
    if (auto done = copyFolder(files, folder, config.state, folderDepth); !done) return done;
    const auto database = sql::Database::open(config.databaseFile(), allMigrations());
    if (!database) return database.error();
    return {};
}

} // namespace perennial::controller
