// SQLite files made by Python's sqlite3, read from their bytes alone.

#include "shared/sql/foreign/foreign_table.h"

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using sql::readForeignTable;

namespace {

// The bytes of a database after these statements.
std::string databaseOf(const std::string& script)
{
    const TemporaryFolder folder;
    const auto file = folder / "made.db";
    mustRun({"/usr/bin/python3", "-c",
                "import sqlite3, sys\n"
                "db = sqlite3.connect(sys.argv[1])\n"
                "db.executescript(sys.stdin.read())\n"
                "db.commit()\n",
                file},
        script);
    return readText(file);
}

std::string refusalOf(const std::string& file, const sql::ForeignLimits& limits = {})
{
    const auto rows = readForeignTable(file, "t", {"a", "b"}, limits);
    return rows ? "read" : rows.error().message;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

const std::string table = "CREATE TABLE t (a PRIMARY KEY UNIQUE ON CONFLICT ABORT, b);";

} // namespace

TEST_CASE("a foreign table's blobs and texts are read, numbers and NULL are empty")
{
    const auto file = databaseOf(table + "CREATE INDEX i ON t (b); CREATE TABLE other (c);"
                                         "INSERT INTO t VALUES (x'00FF', 'text'), (7, NULL);");
    const auto rows = readForeignTable(file, "t", {"a", "b"});
    REQUIRE_MESSAGE(rows.ok(), rows.error().message);
    CHECK(
        *rows == std::vector<std::vector<Bytes>>{{Bytes("\0\xFF", 2), "text"}, {Bytes(), Bytes()}});
    CHECK(readForeignTable(file, "u", {"a"}).error().kind == ErrorKind::NotFound);
    CHECK(readForeignTable(file, "t", {"nothing"}).error().kind == ErrorKind::InvalidInput);
}

TEST_CASE("a foreign database in which anything would be run is refused")
{
    const auto refused = "the database has more than plain tables";
    for (const std::string script : {
             "CREATE TABLE u (a, b); CREATE VIEW t AS SELECT a, b FROM u;",
             "CREATE TABLE t (a, b AS (hex(a)));",
             "CREATE TABLE t (a, b DEFAULT (1 + 1));",
             "CREATE TABLE t (a, b CHECK (b > 1));",
             "CREATE TABLE t (a, b); CREATE INDEX i ON t (lower(a));",
             "CREATE TABLE t (a, b); CREATE INDEX i ON t (a) WHERE b > 1;",
             "CREATE TABLE t (a, b); CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; END;",
             "CREATE TABLE t (a, b); CREATE VIRTUAL TABLE v USING fts4(c);",
             "CREATE VIRTUAL TABLE t USING fts4(a, b);",
         }) {
        CAPTURE(script);
        CHECK(refusalOf(databaseOf(script)) == refused);
    }
}

TEST_CASE("rows, values and work of a foreign database are bounded")
{
    const auto file =
        databaseOf(table + "INSERT INTO t VALUES (1, zeroblob(5000)), (2, ''), (3, '');");
    CHECK(refusalOf(file) == "read");
    CHECK(refusalOf(file, {2}) == "the database has too many rows");
    CHECK(contains(refusalOf(file, {100, 4000}), "takes too much"));
    const auto many =
        databaseOf(table + "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 "
                           "FROM n WHERE i < 1000) INSERT INTO t SELECT i, '' FROM n;");
    CHECK(refusalOf(many) == "read");
    CHECK(contains(refusalOf(many, {2000, 100'000, 2000}), "takes too much"));
}

TEST_CASE("what is no whole SQLite file is refused without a word of its content")
{
    const auto file = databaseOf(table + "INSERT INTO t VALUES ('secret', zeroblob(9000));");
    CHECK(refusalOf("") == "that is no SQLite file");
    CHECK(refusalOf("SQLite format 2") == "that is no SQLite file");
    for (const std::size_t size : {16UL, 99UL, 100UL, 4096UL, file.size() - 4096})
        CHECK_FALSE(refusalOf(file.substr(0, size)) == "read");
    for (std::size_t at = 16; at < file.size(); at += 37) {
        auto broken = file;
        broken[at] = static_cast<char>(~broken[at]);
        const auto before = broken;
        CHECK_FALSE(contains(refusalOf(broken), "secret"));
        CHECK(broken == before);
    }
}
