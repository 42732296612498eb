#pragma once

#include "shared/sql/database.h"
#include "tests/support/temporary_folder.h"

#include <memory>
#include <string>

namespace perennial::test {

inline const std::vector<sql::Migration> itemMigrations = {
    {1, "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, content BLOB);\n"
        "CREATE TABLE parts (item INTEGER NOT NULL REFERENCES items (id), size INT);\n"}};

inline std::unique_ptr<sql::Database> openItems(
    const std::string& file, const std::vector<sql::Migration>& migrations = itemMigrations)
{
    auto database = sql::Database::open(file, migrations);
    REQUIRE_MESSAGE(database, database.error().message);
    return *std::move(database);
}

inline Status addItem(sql::Session& session, const std::string& name)
{
    const auto added = session.execute("INSERT INTO items (name) VALUES (?)", {name});
    return added ? Status() : Status(added.error());
}

inline Status addItem(sql::Database& database, const std::string& name)
{
    return database.transaction([&](sql::Session& session) { return addItem(session, name); });
}

// The names, in the order in which they came.
inline std::string itemsOf(sql::Database& database)
{
    std::string names;
    const auto done = database.read([&](sql::Session& session) -> Status {
        const auto rows = session.query("SELECT name FROM items ORDER BY id");
        if (!rows) return rows.error();
        for (const auto& row : *rows)
            names += row.text(0) + ";";
        return {};
    });
    REQUIRE_MESSAGE(done, done.error().message);
    return names;
}

} // namespace perennial::test
