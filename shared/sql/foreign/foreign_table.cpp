#include "shared/sql/foreign/foreign_table.h"

#include <algorithm>
#include <memory>
#include <sqlite3.h>

namespace perennial::sql {

namespace {

constexpr int stepsAtOnce = 1000;
constexpr std::string_view magic("SQLite format 3\0", 16);

struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

Error damaged(sqlite3* handle)
{
    const int code = sqlite3_errcode(handle);
    if (code == SQLITE_INTERRUPT || code == SQLITE_TOOBIG)
        return {ErrorKind::InvalidInput, "reading the database takes too much"};
    // SQLite's text can quote the schema.
    return {ErrorKind::InvalidInput,
        std::string("the database cannot be read: ") + sqlite3_errstr(code)};
}

int onlyReads(void* /*unused*/, int what, const char*, const char*, const char*, const char*)
{
    return what == SQLITE_SELECT || what == SQLITE_READ ? SQLITE_OK : SQLITE_DENY;
}

int spend(void* left) { return (*static_cast<int*>(left) -= stepsAtOnce) <= 0 ? 1 : 0; }

// Names of tables and columns and SQLite's words, in one pair of brackets: no expression fits.
bool isPlain(std::string_view type, std::string_view sql)
{
    if (sql.empty()) return type == "index"; // one that SQLite made itself
    const auto starts = [&](std::string_view word) { return sql.substr(0, word.size()) == word; };
    if (type == "table"
            ? !starts("CREATE TABLE ")
            : type != "index" || !(starts("CREATE INDEX ") || starts("CREATE UNIQUE INDEX ")))
        return false;
    const auto open = sql.find('(');
    if (open == std::string_view::npos || sql.back() != ')') return false;
    return std::all_of(sql.begin(), sql.end() - 1, [&](const char& c) {
        const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == ' ' || c == ',';
        return word || &c == &sql[open];
    });
}

class ForeignFile {
public:
    ForeignFile(std::string_view file, const ForeignLimits& limits)
        : limits_(limits), stepsLeft_(limits.steps)
    {
        sqlite3* opened = nullptr;
        sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, nullptr);
        handle_.reset(opened);
        ready_ = opened != nullptr && deserialize(file)&& restrict();
    }

    bool ready() const { return ready_; }

    Result<std::vector<std::vector<Bytes>>> query(const std::string& sql, int columns)
    {
        sqlite3_stmt* prepared = nullptr;
        if (sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK)
            return damaged(handle_.get());
        const Statement statement(prepared);
        std::vector<std::vector<Bytes>> rows;
        int code = SQLITE_OK;
        while ((code = sqlite3_step(prepared)) == SQLITE_ROW) {
            if (rows.size() >= limits_.rows)
                return Error{ErrorKind::InvalidInput, "the database has too many rows"};
            auto& row = rows.emplace_back();
            for (int column = 0; column < columns; ++column)
                row.push_back(valueOf(prepared, column));
        }
        if (code != SQLITE_DONE) return damaged(handle_.get());
        return rows;
    }

private:
    static Bytes valueOf(sqlite3_stmt* row, int column)
    {
        const int type = sqlite3_column_type(row, column);
        if (type != SQLITE_BLOB && type != SQLITE_TEXT) return {};
        const auto* start = static_cast<const char*>(sqlite3_column_blob(row, column));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
        return start == nullptr ? Bytes() : Bytes(start, size);
    }

    // Read-only: SQLite never writes to these bytes.
    bool deserialize(std::string_view file)
    {
        auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(file.data()));
        const auto size = static_cast<sqlite3_int64>(file.size());
        return sqlite3_deserialize(handle_.get(), "main", bytes, size, size,
                   SQLITE_DESERIALIZE_READONLY) == SQLITE_OK;
    }

    bool restrict()
    {
        auto* handle = handle_.get();
        for (const auto& [option, value] :
            {std::pair(SQLITE_DBCONFIG_DEFENSIVE, 1), std::pair(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
                std::pair(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
                std::pair(SQLITE_DBCONFIG_ENABLE_VIEW, 0)})
            if (sqlite3_db_config(handle, option, value, nullptr) != SQLITE_OK) return false;
        sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, limits_.valueBytes);
        sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, 64 << 10);
        sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
        sqlite3_progress_handler(handle, stepsAtOnce, spend, &stepsLeft_);
        // Pages are used where they lie: no copies of them stay behind in freed memory.
        if (sqlite3_exec(handle, "PRAGMA mmap_size = 1073741824; PRAGMA cell_size_check = ON;",
                nullptr, nullptr, nullptr) != SQLITE_OK)
            return false;
        return sqlite3_set_authorizer(handle, onlyReads, nullptr) == SQLITE_OK;
    }

    ForeignLimits limits_;
    int stepsLeft_;
    Handle handle_;
    bool ready_ = false;
};

} // namespace

Result<std::vector<std::vector<Bytes>>> readForeignTable(std::string_view file,
    const std::string& table, const std::vector<std::string>& columns, const ForeignLimits& limits)
{
    if (!file.starts_with(magic)) return Error{ErrorKind::InvalidInput, "that is no SQLite file"};
    ForeignFile database(file, limits);
    if (!database.ready()) return Error{ErrorKind::InvalidInput, "the database cannot be opened"};
    const auto schema = database.query("SELECT type, name, sql FROM sqlite_schema", 3);
    if (!schema) return schema.error();
    bool there = false;
    for (const auto& entry : *schema) {
        if (!isPlain(entry[0], entry[2]))
            return Error{ErrorKind::InvalidInput, "the database has more than plain tables"};
        there = there || (entry[0] == "table" && entry[1] == table);
    }
    if (!there) return Error{ErrorKind::NotFound, "the database has no table " + table};
    std::string sql;
    for (const auto& column : columns)
        sql += (sql.empty() ? "SELECT " : ", ") + column;
    return database.query(
        sql + " FROM " + table + " NOT INDEXED", static_cast<int>(columns.size()));
}

} // namespace perennial::sql
