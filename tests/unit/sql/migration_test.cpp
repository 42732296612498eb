#include "tests/support/child_process.h"
#include "tests/unit/sql/samples.h"

using namespace perennial;
using namespace perennial::test;
using sql::Migration;

namespace {

const Migration first = {1, "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT);\n"};
const Migration second = {2, "ALTER TABLE items ADD COLUMN kind TEXT NOT NULL DEFAULT 'a;b';\n"
                             "CREATE TRIGGER upper_kind AFTER INSERT ON items BEGIN\n"
                             "  UPDATE items SET kind = upper(kind) WHERE id = new.id;\n"
                             "  UPDATE items SET name = name || ';' WHERE id = new.id;\n"
                             "END;\n"
                             "-- a comment; with a semicolon\n"};
const Migration third = {3, "CREATE TABLE more (id INTEGER PRIMARY KEY);\n"};

std::string errorOf(const std::string& file, const std::vector<Migration>& migrations)
{
    const auto database = sql::Database::open(file, migrations);
    return database ? "opened" : database.error().message;
}

std::string ask(const std::string& file, const std::string& sql)
{
    return mustRun({"/usr/bin/sqlite3", file, sql});
}

} // namespace

TEST_CASE("migrations run in their order, each once, and keep what is stored")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    REQUIRE(addItem(*openItems(file, {first}), "old"));
    CHECK(ask(file, "SELECT version FROM schema_version") == "1\n");
    REQUIRE(addItem(*openItems(file, {first, second, third}), "new"));
    CHECK(ask(file, "SELECT version FROM schema_version ORDER BY 1") == "1\n2\n3\n");
    CHECK(ask(file, "SELECT name, kind FROM items ORDER BY id") == "old|a;b\nnew;|A;B\n");
    CHECK(itemsOf(*openItems(file, {first, second, third})) == "old;new;;");
}

TEST_CASE("a migration that fails leaves nothing of itself, and those before it stay")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    const Migration broken = {2, "CREATE TABLE half (a);\nCREATE TABLE items (a);\n"};
    CHECK(errorOf(file, {first, broken}) ==
          "migration 2: " + file +
              ": the statement failed (SQLite 1: table items already exists; CREATE TABLE items "
              "(a);)");
    CHECK(ask(file, "SELECT group_concat(name) FROM sqlite_schema WHERE type = 'table'") ==
          "schema_version,items\n");
    CHECK(errorOf(file, {first, second}) == "opened");
}

TEST_CASE("a file from a newer version is refused and not touched")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    REQUIRE(addItem(*openItems(file, {first, second, third}), "x"));
    const auto sum = mustRun({"/usr/bin/sha256sum", file});
    const auto opened = sql::Database::open(file, {first, second});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == ErrorKind::InvalidInput);
    CHECK(opened.error().message ==
          file + ": a newer version of this program wrote it (its schema is version 3, this "
                 "program knows 2); install that version again, or restore a backup from before "
                 "the upgrade");
    CHECK(mustRun({"/usr/bin/sha256sum", file}) == sum);
}

TEST_CASE("a SQLite file of another program is refused and not touched")
{
    const TemporaryFolder folder;
    const auto file = folder / "other.db";
    ask(file, "CREATE TABLE theirs (a)");
    const auto sum = mustRun({"/usr/bin/sha256sum", file});
    const auto opened = sql::Database::open(file, {first});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == ErrorKind::InvalidInput);
    CHECK(opened.error().message ==
          file + ": it is a SQLite database of another program; name another file");
    CHECK(mustRun({"/usr/bin/sha256sum", file}) == sum);
}

TEST_CASE("a version that is no number, and a table that only looks like ours, are refused")
{
    const TemporaryFolder folder;
    const auto text = folder / "text.db";
    ask(text, "CREATE TABLE schema_version (version); INSERT INTO schema_version VALUES ('9x')");
    CHECK(errorOf(text, {first}).find("its schema is version 9") != std::string::npos);
    const auto column = folder / "column.db";
    ask(column, "CREATE TABLE schema_version (number)");
    CHECK(errorOf(column, {first}).find("no such column: version") != std::string::npos);
}

TEST_CASE("migrations that are not numbered from one are a mistake")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    CHECK(errorOf(file, {second}) == file + ": migration 2 stands where 1 belongs");
    CHECK(errorOf(file, {first, third}) == file + ": migration 3 stands where 2 belongs");
    CHECK(errorOf(file, {first, first}) == file + ": migration 1 stands where 2 belongs");
}

TEST_CASE("a new file and what belongs to it are for their owner alone")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    const mode_t before = ::umask(0);
    const auto database = openItems(file);
    REQUIRE(addItem(*database, "x"));
    ::umask(before);
    for (const char* ending : {"", "-wal", "-shm"}) {
        struct stat facts = {};
        CAPTURE(ending);
        REQUIRE(::stat((file + ending).c_str(), &facts) == 0);
        CHECK((facts.st_mode & 07777U) == 0600);
    }
}

TEST_CASE("names that SQLite would read as something else are files")
{
    const TemporaryFolder folder;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    for (const std::string name : {":memory:", "file:x.db?mode=memory"}) {
        CAPTURE(name);
        REQUIRE(addItem(*openItems(name), "kept"));
        CHECK(itemsOf(*openItems(name)) == "kept;");
        CHECK(std::filesystem::exists(folder / name));
    }
    std::filesystem::current_path(before);
}

TEST_CASE("links, folders and missing folders are refused by name")
{
    const TemporaryFolder folder;
    const auto real = folder / "real.db";
    CHECK(errorOf(real, {first}) == "opened");
    std::filesystem::create_symlink(real, folder / "link.db");
    CHECK(errorOf(folder / "link.db", {first}) ==
          std::string(folder / "link.db") + ": is not a regular file (a link or a folder?)");
    CHECK(errorOf(folder.path().string(), {first}) ==
          folder.path().string() + ": is not a regular file (a link or a folder?)");
    const auto missing = sql::Database::open(folder / "no/a.db", {first});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == ErrorKind::NotFound);
    CHECK(missing.error().message ==
          std::string(folder / "no/a.db") + ": its folder is not there (create)");
}
