#include "tests/support/child_process.h"
#include "tests/unit/sql/samples.h"

#include <limits>
#include <stdexcept>

using namespace perennial;
using namespace perennial::test;
using sql::Blob;
using sql::Session;
using sql::Value;

namespace {

std::int64_t numberOf(Session& session, const std::string& sql)
{
    const auto rows = session.query(sql);
    REQUIRE_MESSAGE(rows, rows.error().message);
    return rows->at(0).integer(0);
}

} // namespace

TEST_CASE("every kind of value comes back as it was stored")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const Bytes bytes("\0\xFF\x80;'\0", 6);
    const auto done = database->transaction([&](Session& session) -> Status {
        REQUIRE(session.execute("CREATE TABLE v (a INTEGER, b TEXT, c BLOB, d, e INT)"));
        const auto added = session.execute("INSERT INTO v VALUES (?, ?, ?, ?, ?)",
            {std::numeric_limits<std::int64_t>::min(), std::string("z\0y\xC3\xA9", 5), Blob{bytes},
                Value(), std::int64_t{5'000'000'000}});
        REQUIRE(added);
        CHECK(*added == 1);
        const auto rows = session.query("SELECT a, b, c, d, e, count(*), max(c), '' FROM v");
        REQUIRE(rows);
        const auto& row = rows->at(0);
        CHECK(row.integer(0) == std::numeric_limits<std::int64_t>::min());
        CHECK(row.text(1) == std::string("z\0y\xC3\xA9", 5));
        CHECK(row.blob(2) == bytes);
        CHECK(row.isNull(3));
        CHECK(row.integer(3) == 0);
        CHECK(row.text(3).empty());
        CHECK(row.blob(3).empty());
        CHECK(row.integer(4) == 5'000'000'000);
        CHECK(row.integer(5) == 1);
        CHECK(row.blob(6) == bytes);
        CHECK_FALSE(row.isNull(7));
        return {};
    });
    CHECK(done.ok());
}

TEST_CASE("an empty blob and an empty text are not NULL")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    CHECK(database
              ->transaction([&](Session& session) -> Status {
                  REQUIRE(session.execute("INSERT INTO items VALUES (1, ?, ?)", {"", Blob{}}));
                  const auto rows = session.query("SELECT name, content FROM items");
                  CHECK_FALSE(rows->at(0).isNull(0));
                  CHECK_FALSE(rows->at(0).isNull(1));
                  return {};
              })
              .ok());
}

TEST_CASE("text that looks like SQL is stored as it is")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    const std::string hostile = "x'); DROP TABLE items; --";
    {
        const auto database = openItems(file);
        REQUIRE(addItem(*database, hostile));
        CHECK(itemsOf(*database) == hostile + ";");
        CHECK(addItem(*database, "?1 :a @b $c").ok());
    }
    CHECK(mustRun({"/usr/bin/sqlite3", file, "SELECT name FROM items ORDER BY id"}) ==
          hostile + "\n?1 :a @b $c\n");
}

TEST_CASE("one call is one statement with as many values as it has places")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const auto errorOf = [&](const std::string& sql, const std::vector<Value>& values) {
        const auto done = database->transaction([&](Session& session) -> Status {
            const auto result = session.execute(sql, values);
            return result ? Status() : Status(result.error());
        });
        if (done) return std::string("accepted");
        CHECK(done.error().kind == ErrorKind::Internal);
        return done.error().message.substr(done.error().message.find("a.db"));
    };
    CHECK(errorOf("INSERT INTO items (name) VALUES ('a'); DROP TABLE items", {}) ==
          "a.db: more than one statement (INSERT INTO items (name) VALUES ('a'); DROP TABLE "
          "items)");
    CHECK(errorOf("INSERT INTO items (name) VALUES (?)", {}) ==
          "a.db: 0 values for 1 placeholders (INSERT INTO items (name) VALUES (?))");
    CHECK(errorOf("INSERT INTO items (name) VALUES ('a')", {"b"}) ==
          "a.db: 1 values for 0 placeholders (INSERT INTO items (name) VALUES ('a'))");
    CHECK(errorOf(" ", {}) == "a.db: an empty statement ()");
    CHECK(errorOf("SELEKT 1", {}) ==
          "a.db: the statement failed (SQLite 1: near \"SELEKT\": syntax error; SELEKT 1)");
    CHECK(errorOf("UPDATE items SET name = 'x';\n", {}) == "accepted");
    CHECK(itemsOf(*database).empty());
}

TEST_CASE("execute counts the rows that it changed")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const auto done = database->transaction([&](Session& session) -> Status {
        for (const char* name : {"a", "b", "c"})
            CHECK(addItem(session, name).ok());
        CHECK(*session.execute("UPDATE items SET content = ? WHERE id > 1", {Blob{"x"}}) == 2);
        CHECK(*session.execute("CREATE TABLE other (a)") == 0);
        CHECK(*session.execute("DELETE FROM items WHERE id = 99") == 0);
        CHECK(*session.execute("SELECT * FROM items") == 0);
        CHECK(
            session.query("INSERT INTO items (name) VALUES ('d') RETURNING id")->at(0).integer(0) ==
            4);
        return {};
    });
    CHECK(done.ok());
    CHECK(itemsOf(*database) == "a;b;c;d;");
}

TEST_CASE("a column of another type, or none, is an error of the transaction and nothing is kept")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const auto errorOf = [&](const std::string& sql, auto read) {
        const auto done = database->transaction([&](Session& session) -> Status {
            REQUIRE(addItem(session, "a"));
            const auto rows = session.query(sql);
            if (!rows) return rows.error();
            (void)read(rows->at(0));
            return {};
        });
        REQUIRE_FALSE(done);
        CHECK(done.error().kind == ErrorKind::Internal);
        return done.error().message.substr(done.error().message.find("a.db"));
    };
    const auto integer = [](const sql::Row& row) { return row.integer(0); };
    CHECK(errorOf("SELECT name FROM items", integer) == "a.db: column 0 holds another type");
    CHECK(errorOf("SELECT 1", [](const sql::Row& row) { return row.text(0); }) ==
          "a.db: column 0 holds another type");
    CHECK(errorOf("SELECT 1", [](const sql::Row& row) { return row.blob(1); }) ==
          "a.db: there is no column 1");
    CHECK(errorOf("SELECT 1.5", integer) ==
          "a.db: a column holds a floating-point number (SELECT 1.5)");
    CHECK(itemsOf(*database).empty());
}

TEST_CASE("an error or an exception rolls everything back, and the next transaction works")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    REQUIRE(addItem(*database, "first"));
    const auto failed = database->transaction([&](Session& session) -> Status {
        CHECK(addItem(session, "second").ok());
        CHECK(numberOf(session, "SELECT count(*) FROM items") == 2);
        return Error{ErrorKind::NotFound, "of the work's own"};
    });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::NotFound);
    CHECK(failed.error().message == "of the work's own");
    const auto thrown = database->transaction([&](Session& session) -> Status {
        CHECK(addItem(session, "third").ok());
        throw std::runtime_error("from below");
    });
    REQUIRE_FALSE(thrown);
    CHECK(thrown.error().kind == ErrorKind::Internal);
    const auto odd = database->transaction([&](Session& session) -> Status {
        CHECK(addItem(session, "fourth").ok());
        throw 4;
    });
    CHECK_FALSE(odd.ok());
    CHECK(itemsOf(*database) == "first;");
    CHECK(addItem(*database, "fifth").ok());
    CHECK(itemsOf(*database) == "first;fifth;");
}

TEST_CASE("a failed statement that the work survives does not spoil the rest")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const auto done = database->transaction([&](Session& session) -> Status {
        CHECK(addItem(session, "a").ok());
        const auto again = addItem(session, "a");
        REQUIRE_FALSE(again);
        CHECK(again.error().kind == ErrorKind::Conflict);
        CHECK(again.error().message.find("such a row is there already") != std::string::npos);
        return addItem(session, "b");
    });
    CHECK(done.ok());
    CHECK(itemsOf(*database) == "a;b;");
}

TEST_CASE("work that ends the transaction itself is refused and writes nothing on its own")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const auto done = database->transaction([&](Session& session) -> Status {
        CHECK(addItem(session, "a").ok());
        CHECK(session.execute("ROLLBACK").ok());
        CHECK_FALSE(addItem(session, "b").ok());
        return {};
    });
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == ErrorKind::Internal);
    CHECK(itemsOf(*database).empty());
}

TEST_CASE("a transaction inside another is refused instead of waiting for ever")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const auto outer = database->transaction([&](Session&) -> Status {
        const auto inner = addItem(*database, "a");
        CHECK_FALSE(inner.ok());
        return inner;
    });
    REQUIRE_FALSE(outer);
    CHECK(outer.error().message.find("a transaction inside another") != std::string::npos);
    CHECK(addItem(*database, "b").ok());
}

TEST_CASE("read sees one moment, sees nothing unfinished and may not write")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    REQUIRE(addItem(*database, "a"));
    const auto done = database->read([&](Session& session) -> Status {
        CHECK(numberOf(session, "SELECT count(*) FROM items") == 1);
        CHECK(addItem(*database, "b").ok());
        CHECK(numberOf(session, "SELECT count(*) FROM items") == 1);
        CHECK(itemsOf(*database) == "a;b;");
        const auto written = addItem(session, "c");
        REQUIRE_FALSE(written);
        CHECK(written.error().message.find("a statement that writes, inside read()") !=
              std::string::npos);
        return {};
    });
    CHECK(done.ok());
    CHECK(database
              ->transaction([&](Session& session) -> Status {
                  CHECK(addItem(session, "c").ok());
                  CHECK(itemsOf(*database) == "a;b;");
                  return {};
              })
              .ok());
    CHECK(itemsOf(*database) == "a;b;c;");
}

TEST_CASE("foreign keys and the durable settings are on")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const auto done = database->transaction([&](Session& session) -> Status {
        CHECK(numberOf(session, "PRAGMA synchronous") == 2); // FULL
        CHECK(numberOf(session, "PRAGMA foreign_keys") == 1);
        CHECK(numberOf(session, "PRAGMA busy_timeout") == 5000);
        CHECK(numberOf(session, "PRAGMA trusted_schema") == 0);
        CHECK(session.query("PRAGMA journal_mode")->at(0).text(0) == "wal");
        const auto orphan = session.execute("INSERT INTO parts VALUES (99, 1)");
        return orphan ? Status() : Status(orphan.error());
    });
    REQUIRE_FALSE(done);
    CHECK(done.error().kind == ErrorKind::Internal);
    CHECK(done.error().message.find("FOREIGN KEY constraint failed") != std::string::npos);
}

TEST_CASE("messages name the statement and never a value")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    REQUIRE(addItem(*database, "tell-nobody"));
    const auto again = addItem(*database, "tell-nobody");
    REQUIRE_FALSE(again);
    CHECK(again.error().message.find("INSERT INTO items") != std::string::npos);
    CHECK(again.error().message.find("tell-nobody") == std::string::npos);
}

TEST_CASE("more statements than the cache holds still work")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const auto done = database->transaction([&](Session& session) -> Status {
        for (int number = 0; number < 1000; ++number)
            CHECK(numberOf(session, "SELECT " + std::to_string(number)) == number);
        return {};
    });
    CHECK(done.ok());
}
