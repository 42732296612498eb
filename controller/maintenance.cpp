#include "controller/maintenance.h"

#include "controller/audit/audit_outbox.h"
#include "controller/controller.h"
#include "controller/storage/access_store.h"
#include "shared/audit/log_copy.h"
#include "shared/base/random.h"
#include "shared/x509/digest.h"

#include <map>

namespace perennial::controller {

namespace {

constexpr std::size_t tokenBytes = 32;
constexpr std::size_t fileLimit = 2U << 30U;
constexpr int folderDepth = 12;
constexpr const char* databaseName = "controller.db";
constexpr const char* sumsName = "SHA256SUMS";

// SHA-256 in hex by path below the backup's folder.
using Sums = std::map<std::string, std::string>;

Status copyFolder(FileSystem& files, const std::string& from, const std::string& to, int depth);

// A regular file with its mode, or a folder with what is below; nothing else.
Status copyEntry(FileSystem& files, const std::string& from, const std::string& to, int depth)
{
    const auto facts = files.inspect(from);
    if (!facts) return facts.error();
    if (facts->type == FileFacts::Type::Folder) return copyFolder(files, from, to, depth - 1);
    if (facts->type != FileFacts::Type::Regular) return {};
    const auto content = files.read(from, fileLimit);
    if (!content) return content.error();
    return files.replace(to, *content, {facts->mode, {}, {}});
}

Status copyFolder(FileSystem& files, const std::string& from, const std::string& to, int depth)
{
    if (depth == 0) return Error{ErrorKind::InvalidInput, from + ": folders too deep"};
    if (auto made = files.makeFolder(to); !made) return made;
    const auto names = files.list(from);
    if (!names) return names.error();
    for (const auto& name : *names) {
        if (auto done = copyEntry(files, from + "/" + name, to + "/" + name, depth); !done)
            return done;
    }
    return {};
}

Status addSums(const FileSystem& files, const std::string& folder, const std::string& below,
    int depth, Sums& sums)
{
    if (depth == 0) return Error{ErrorKind::InvalidInput, folder + ": folders too deep"};
    const auto names = files.list(folder + "/" + below);
    if (!names) return names.error();
    for (const auto& name : *names) {
        const auto path = below + name;
        const auto facts = files.inspect(folder + "/" + path);
        if (!facts) return facts.error();
        if (facts->type == FileFacts::Type::Folder) {
            if (auto done = addSums(files, folder, path + "/", depth - 1, sums); !done) return done;
        } else if (facts->type == FileFacts::Type::Regular && path != sumsName) {
            const auto content = files.read(folder + "/" + path, fileLimit);
            if (!content) return content.error();
            sums[path] = x509::sha256Hex(*content);
        }
    }
    return {};
}

Result<Sums> sumsOf(const FileSystem& files, const std::string& folder)
{
    Sums sums;
    if (auto added = addSums(files, folder, "", folderDepth, sums); !added) return added.error();
    return sums;
}

std::string textOf(const Sums& sums)
{
    std::string text;
    for (const auto& [path, sum] : sums)
        text += sum + "  " + path + "\n";
    return text;
}

// The files and the sums are the same set: none is changed, missing or there besides.
Status checkSums(const FileSystem& files, const std::string& folder)
{
    const auto text = files.read(folder + "/" + sumsName, fileLimit);
    if (!text)
        return Error{ErrorKind::Corrupt,
            folder + " has no " + sumsName + ": the backup was cut off; take another one"};
    const auto sums = sumsOf(files, folder);
    if (!sums) return sums.error();
    if (textOf(*sums) == *text) return {};
    std::string wrong;
    for (const auto& [path, sum] : *sums) {
        if (text->find(sum + "  " + path + "\n") == std::string::npos) wrong += " " + path;
    }
    return Error{ErrorKind::Corrupt,
        folder + " is not as the backup was made: " +
            (wrong.empty() ? "files are missing" : "changed or added:" + toPrintable(wrong)) +
            "; `sha256sum -c SHA256SUMS` in it says more. Nothing was restored"};
}

model::AuditEvent backupEvent(
    const ControllerConfig& config, const std::string& folder, PreciseTime now)
{
    model::AuditEvent event;
    event.time = now;
    event.id = uuidV7(now);
    event.kind = "admin.backup_made";
    event.actor = {"human", "", "local", ""};
    event.host = config.name;
    event.details = {{"folder", toPrintable(folder)}};
    return event;
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

Status backup(const ControllerConfig& config, FileSystem& files, const Clock& clock,
    const std::string& folder)
{
    if (files.inspect(folder))
        return Error{ErrorKind::Conflict, folder + " is there already; name a new folder"};
    const auto database = sql::Database::open(config.databaseFile(), allMigrations());
    if (!database) return database.error();
    if (auto made = files.makeFolder(folder); !made) return made;
    if (auto done = (*database)->backup(folder + "/" + databaseName); !done) return done;
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
    if (auto done = audit::copyLog(files, config.auditFolder(), folder + "/audit"); !done)
        return done;
    const auto sums = sumsOf(files, folder);
    if (!sums) return sums.error();
    if (auto done = files.replace(folder + "/" + sumsName, textOf(*sums), {0600, {}, {}}); !done)
        return done;
    return (*database)->transaction([&](sql::Session& session) {
        return AuditOutbox::add(session, backupEvent(config, folder, clock.preciseNow()));
    });
}

Status restore(const ControllerConfig& config, FileSystem& files, const std::string& folder)
{
    if (files.inspect(config.databaseFile()))
        return Error{ErrorKind::Conflict,
            config.databaseFile() + " is there: restore only into an empty state folder"};
    if (!files.inspect(folder + "/" + databaseName))
        return Error{ErrorKind::NotFound, folder + " holds no backup of a controller"};
    if (auto whole = checkSums(files, folder); !whole) return whole;
    // Beside its place: what a newer version wrote is found out before anything else is there.
    const auto content = files.read(folder + "/" + databaseName, fileLimit);
    if (!content) return content.error();
    const auto beside = config.state + "/restored.db";
    if (auto done = files.replace(beside, *content, {0600, {}, {}}); !done) return done;
    if (const auto opened = sql::Database::open(beside, allMigrations()); !opened) {
        for (const auto* end : {"", "-wal", "-shm"})
            (void)files.remove(beside + end);
        return opened.error();
    }
    const auto names = files.list(folder);
    if (!names) return names.error();
    for (const auto& name : *names) {
        if (name == databaseName || name == sumsName) continue;
        if (auto done =
                copyEntry(files, folder + "/" + name, config.state + "/" + name, folderDepth);
            !done)
            return done;
    }
    return files.rename(beside, config.databaseFile());
}

} // namespace perennial::controller
