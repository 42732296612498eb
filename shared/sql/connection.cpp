#include "shared/sql/connection.h"

#include "shared/base/encoding.h"
#include "shared/sql/sqlite_error.h"
#include "shared/sql/statement_values.h"

#include <Poco/Data/SQLite/SessionImpl.h>
#include <Poco/Data/SQLite/Utility.h>
#include <Poco/Exception.h>

namespace perennial::sql {

namespace {

constexpr std::size_t cachedStatements = 200;
constexpr std::size_t openSeconds = 1; // Poco tries again for so long

// Leaves no cursor open, and no value bound, whatever happened.
struct Reset {
    void operator()(sqlite3_stmt* statement) const
    {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
    }
};

} // namespace

Result<std::unique_ptr<Connection>> Connection::open(
    const std::string& file, Access access, const Options& options)
{
    try {
        Poco::Data::Session session(new Poco::Data::SQLite::SessionImpl(file, openSeconds));
        auto* handle = Poco::Data::SQLite::Utility::dbHandle(session);
        std::unique_ptr<Connection> connection(
            new Connection(std::move(session), handle, file, access));
        if (auto configured = connection->configure(options); !configured)
            return configured.error();
        return connection;
    } catch (const Poco::Exception& exception) {
        return Error{ErrorKind::Unavailable, toPrintable(file) + ": cannot be opened (" +
                                                 toPrintable(exception.displayText()) + ")"};
    }
}

Status Connection::configure(const Options& options)
{
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, static_cast<int>(options.busyTimeout.count()));
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // A log that one large transaction has grown is cut back to 64 MiB afterwards. It is copied
    // into the file every 16 MiB: pages that change often are copied once for many commits.
    const std::string settings = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                 "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                                 "PRAGMA journal_size_limit = 67108864;"
                                 "PRAGMA wal_autocheckpoint = 4000;";
    return runScript(access_ == Access::Read ? settings + "PRAGMA query_only = ON;" : settings);
}

Status Connection::keepWriteAheadLog()
{
    const auto mode = query("PRAGMA journal_mode = WAL");
    if (!mode) return mode.error();
    if (mode->empty() || mode->front().text(0) != "wal")
        return Error{ErrorKind::Internal,
            toPrintable(file_) + ": its file system cannot keep a write-ahead log"};
    return {};
}

Error Connection::lastError(std::string_view doing) const
{
    return errorFrom(handle_, file_, doing);
}

Error Connection::mistake(const std::string& what, std::string_view sql) const
{
    return {
        ErrorKind::Internal, toPrintable(file_) + ": " + what + " (" + shownStatement(sql) + ")"};
}

Result<Connection::Statement> Connection::prepare(std::string_view& sql)
{
    sqlite3_stmt* statement = nullptr;
    const char* rest = nullptr;
    const int code =
        sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), 0, &statement, &rest);
    if (code != SQLITE_OK) return lastError(sql);
    sql.remove_prefix(static_cast<std::size_t>(rest - sql.data()));
    return Statement(statement);
}

Result<sqlite3_stmt*> Connection::findStatement(const std::string& sql)
{
    const auto known = statements_.find(sql);
    if (known != statements_.end()) return known->second.get();
    std::string_view rest = sql;
    auto statement = prepare(rest);
    if (!statement) return statement.error();
    if (*statement == nullptr) return mistake("an empty statement", sql);
    if (rest.find_first_not_of(" \n;") != std::string_view::npos)
        return mistake("more than one statement", sql);
    if (access_ == Access::Read && sqlite3_stmt_readonly(statement->get()) == 0)
        return mistake("a statement that writes, inside read()", sql);
    if (statements_.size() >= cachedStatements) statements_.clear();
    return statements_.emplace(sql, *std::move(statement)).first->second.get();
}

Status Connection::bind(
    sqlite3_stmt* statement, const std::vector<Value>& values, std::string_view sql)
{
    const auto places = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement));
    if (places != values.size())
        return mistake(std::to_string(values.size()) + " values for " + std::to_string(places) +
                           " placeholders",
            sql);
    int position = 0;
    for (const auto& value : values)
        if (bindValue(statement, ++position, value) != SQLITE_OK) return lastError(sql);
    return {};
}

Result<std::vector<Row>> Connection::run(
    const std::string& sql, const std::vector<Value>& values, bool wantRows)
{
    // After some errors SQLite has rolled back by itself: what follows would be committed on its
    // own.
    if (begun_ && sqlite3_get_autocommit(handle_) != 0)
        return mistake("the transaction has ended already", sql);
    const auto found = findStatement(sql);
    if (!found) return found.error();
    auto* statement = *found;
    const std::unique_ptr<sqlite3_stmt, Reset> resetAtEnd(statement);
    if (auto bound = bind(statement, values, sql); !bound) return bound.error();
    std::vector<Row> rows;
    for (;;) {
        const int code = sqlite3_step(statement);
        if (code == SQLITE_DONE) return rows;
        if (code != SQLITE_ROW) return lastError(sql);
        if (!wantRows) continue;
        std::vector<Value> row;
        for (int column = 0; column < sqlite3_column_count(statement); ++column) {
            auto value = valueOf(statement, column);
            if (!value) return mistake("a column holds a floating-point number", sql);
            row.push_back(*std::move(value));
        }
        rows.emplace_back(std::move(row));
    }
}

Result<std::vector<Row>> Connection::query(const std::string& sql, const std::vector<Value>& values)
{
    return run(sql, values, true);
}

Result<std::int64_t> Connection::execute(const std::string& sql, const std::vector<Value>& values)
{
    const auto before = sqlite3_total_changes64(handle_);
    const auto done = run(sql, values, false);
    if (!done) return done.error();
    // CREATE and the like leave the count of the statement before.
    const bool changed = sqlite3_total_changes64(handle_) != before;
    return changed ? std::int64_t{sqlite3_changes64(handle_)} : 0;
}

Status Connection::runScript(std::string_view statements)
{
    while (!statements.empty()) {
        const auto text = statements;
        const auto statement = prepare(statements);
        if (!statement) return statement.error();
        if (*statement == nullptr) continue;
        int code = SQLITE_ROW;
        while (code == SQLITE_ROW)
            code = sqlite3_step(statement->get());
        if (code != SQLITE_DONE) return lastError(text.substr(0, text.size() - statements.size()));
    }
    return {};
}

Status Connection::inTransaction(const Work& work)
{
    // A writer takes its lock at once: one that has read first could lose its turn to another
    // process.
    const auto begun = execute(access_ == Access::Write ? "BEGIN IMMEDIATE" : "BEGIN");
    if (!begun) return begun.error();
    begun_ = true;
    return finish(guarded(work));
}

Status Connection::guarded(const Work& work)
{
    try {
        return work(*this);
    } catch (const std::exception& exception) {
        return Error{ErrorKind::Internal, toPrintable(file_) + ": " + exception.what()};
    } catch (...) {
        return Error{ErrorKind::Internal, toPrintable(file_) + ": an unknown exception"};
    }
}

std::vector<Status> Connection::inOneTransaction(const std::vector<const Work*>& works)
{
    if (works.size() == 1) return {inTransaction(*works.front())};
    std::vector<Status> outcomes(works.size());
    const auto together = inTransaction([&](Session&) -> Status {
        for (std::size_t at = 0; at < works.size(); ++at) {
            if (auto kept = inSavepoint(*works[at], outcomes[at]); !kept) return kept;
        }
        return {};
    });
    if (!together) {
        for (auto& outcome : outcomes)
            if (outcome) outcome = together;
    }
    return outcomes;
}

// Fails when the transaction as a whole cannot go on; SQLite ends it by itself when, for example,
// the disk is full.
Status Connection::inSavepoint(const Work& work, Status& outcome)
{
    if (const auto set = execute("SAVEPOINT one"); !set) return set.error();
    outcome = guarded(work);
    if (!outcome) {
        if (sqlite3_get_autocommit(handle_) != 0) return outcome;
        if (const auto undone = execute("ROLLBACK TO one"); !undone) return undone.error();
    }
    if (const auto released = execute("RELEASE one"); !released) return released.error();
    return {};
}

Status Connection::finish(const Status& worked)
{
    begun_ = false;
    auto status = worked;
    if (status) { // fails too where the work has ended the transaction
        const auto committed = execute("COMMIT");
        if (!committed) status = committed.error();
    }
    if (!status && sqlite3_get_autocommit(handle_) == 0) {
        const auto rolledBack = execute("ROLLBACK");
        if (!rolledBack) return rolledBack.error().in(status.error().message);
    }
    return status;
}

} // namespace perennial::sql
