#include "controller/audit/audit_outbox.h"
#include "controller/controller.h"
#include "controller/storage/controller_migrations.h"

namespace perennial::controller {

std::vector<sql::Migration> allMigrations()
{
    auto migrations = controllerMigrations();
    migrations.insert(migrations.begin() + 1, {2, AuditOutbox::schema});
    return migrations;
}

AuditLogSettings auditSettings(const ControllerConfig& config)
{
    AuditLogSettings settings;
    settings.folder = config.auditFolder();
    settings.keyFile = config.auditKeyFile();
    settings.host = config.name;
    settings.checkpointEvery = config.checkpointEvery;
    settings.acceptRestoredLog = config.acceptRestoredLog;
    return settings;
}

Status initialise(const ControllerConfig& config, FileSystem& files, const Clock& clock)
{
    // Others may look for authority.pem in it; everything else has its own mode.
    if (auto made = files.makeFolder(config.state, 0711); !made) return made;
    for (const auto& folder : {config.sinkFolder(), config.policies.folder}) {
        if (auto made = files.makeFolder(folder); !made) return made;
    }
    if (auto made = IdentityAuthority::make(
            files, config.state, "Perennial controller " + config.name, clock.now());
        !made)
        return made;
    if (auto made = AuditLog::create(files, auditSettings(config), config.name + "/audit"); !made)
        return made;
    const auto database = sql::Database::open(config.databaseFile(), allMigrations());
    if (!database) return database.error();
    return {};
}

} // namespace perennial::controller
