#include "shared/sql/migrations.h"

#include "shared/base/encoding.h"

namespace perennial::sql {

namespace {

Status checkNumbers(const std::string& file, const std::vector<Migration>& migrations)
{
    int expected = 1;
    for (const auto& migration : migrations)
        if (migration.version != expected++)
            return Error{ErrorKind::Internal,
                toPrintable(file) + ": migration " + std::to_string(migration.version) +
                    " stands where " + std::to_string(expected - 1) + " belongs"};
    return {};
}

Result<std::int64_t> countOf(Session& session, const std::string& sql)
{
    const auto rows = session.query(sql);
    if (!rows) return rows.error();
    return rows->front().integer(0);
}

// 0 for a new file. A SQLite file with tables but without ours belongs to some other program.
Result<std::int64_t> findVersion(Session& session, const std::string& file)
{
    const auto ours =
        countOf(session, "SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'");
    if (!ours) return ours.error();
    if (*ours != 0)
        return countOf(
            session, "SELECT CAST(coalesce(max(version), 0) AS INTEGER) FROM schema_version");
    auto others = countOf(session, "SELECT count(*) FROM sqlite_schema");
    if (!others || *others == 0) return others;
    return Error{ErrorKind::InvalidInput,
        toPrintable(file) + ": it is a SQLite database of another program; name another file"};
}

// Looks at the version inside the transaction: another process may just have done the same work.
Status apply(Connection& connection, const std::string& file, const Migration& migration)
{
    return connection.inTransaction([&](Session& session) -> Status {
        if (auto made = connection.runScript("CREATE TABLE IF NOT EXISTS schema_version (version "
                                             "INTEGER PRIMARY KEY) STRICT");
            !made)
            return made;
        const auto current = findVersion(session, file);
        if (!current) return current.error();
        if (*current >= migration.version) return {};
        if (auto done = connection.runScript(migration.statements); !done)
            return done.error().in("migration " + std::to_string(migration.version));
        const auto noted = session.execute(
            "INSERT INTO schema_version (version) VALUES (?)", {std::int64_t{migration.version}});
        return noted ? Status() : Status(noted.error());
    });
}

} // namespace

Status checkFile(
    Connection& connection, const std::string& file, const std::vector<Migration>& migrations)
{
    if (auto numbered = checkNumbers(file, migrations); !numbered) return numbered;
    const auto current = findVersion(connection, file);
    if (!current) return current.error();
    if (*current <= static_cast<std::int64_t>(migrations.size())) return {};
    return Error{ErrorKind::InvalidInput,
        toPrintable(file) + ": a newer version of this program wrote it (its schema is version " +
            std::to_string(*current) + ", this program knows " + std::to_string(migrations.size()) +
            "); install that version again, or restore a backup from before the upgrade"};
}

Status migrate(
    Connection& connection, const std::string& file, const std::vector<Migration>& migrations)
{
    const auto current = findVersion(connection, file);
    if (!current) return current.error();
    for (const auto& migration : migrations) {
        if (migration.version <= *current) continue;
        if (auto applied = apply(connection, file, migration); !applied) return applied;
    }
    return {};
}

} // namespace perennial::sql
