#pragma once

#include "shared/sql/database.h"

#include <Poco/Data/Session.h>
#include <sqlite3.h>
#include <unordered_map>

namespace perennial::sql {

// One connection to the file; one thread at a time. Poco::Data opens and closes it. Statements go
// to SQLite itself through its handle: Poco takes a column's type from its declaration, so that it
// cuts an INT to 32 bits and makes text of count(*), and it runs whatever follows the first
// statement.
class Connection final : public Session {
public:
    enum class Access { Read, Write };
    // `file` is an absolute path and there.
    static Result<std::unique_ptr<Connection>> open(
        const std::string& file, Access access, const Options& options);

    Result<std::vector<Row>> query(
        const std::string& sql, const std::vector<Value>& values = {}) override;
    Result<std::int64_t> execute(
        const std::string& sql, const std::vector<Value>& values = {}) override;

    Status runScript(std::string_view statements); // several, without values

    Status keepWriteAheadLog(); // remembered in the file

    using Work = std::function<Status(Session&)>;
    // Runs the work between BEGIN and COMMIT, or ROLLBACK when it fails or throws.
    Status inTransaction(const Work& work);
    // One COMMIT for all. Work that fails is undone alone; when the COMMIT fails, all have failed.
    std::vector<Status> inOneTransaction(const std::vector<const Work*>& works);

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

    Connection(Poco::Data::Session session, sqlite3* handle, std::string file, Access access)
        : session_(std::move(session)), handle_(handle), file_(std::move(file)), access_(access)
    {
    }

    Status configure(const Options& options);
    Error lastError(std::string_view doing) const;
    Error mistake(const std::string& what, std::string_view sql) const;
    // The statement at the start of `sql`, which becomes what follows it; null: nothing but blanks.
    Result<Statement> prepare(std::string_view& sql);
    Result<sqlite3_stmt*> findStatement(const std::string& sql); // from the cache
    Status bind(sqlite3_stmt* statement, const std::vector<Value>& values, std::string_view sql);
    Result<std::vector<Row>> run(
        const std::string& sql, const std::vector<Value>& values, bool wantRows);
    Status guarded(const Work& work);
    Status finish(const Status& worked);
    Status inSavepoint(const Work& work, Status& outcome);

    Poco::Data::Session session_; // owns handle_; outlives the statements below
    sqlite3* handle_;
    std::string file_;
    Access access_;
    bool begun_ = false;
    std::unordered_map<std::string, Statement> statements_;
};

} // namespace perennial::sql
