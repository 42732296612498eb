#include "tests/support/child_process.h"
#include "tests/unit/sql/samples.h"

using namespace perennial;
using namespace perennial::test;

TEST_CASE("a backup restores to what was committed when it was made")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const auto copy = folder / "copy.db";
    REQUIRE(addItem(*database, "one"));
    REQUIRE(database->backup(copy));
    REQUIRE(addItem(*database, "two"));
    CHECK(itemsOf(*openItems(copy)) == "one;");
    CHECK(itemsOf(*database) == "one;two;");
    CHECK(mustRun({"/usr/bin/sqlite3", copy, "PRAGMA integrity_check; SELECT name FROM items"}) ==
          "ok\none\n");
}

TEST_CASE("a backup is one file, whole by itself and for its owner alone")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    REQUIRE(addItem(*database, "one"));
    const mode_t before = ::umask(0);
    REQUIRE(database->backup(folder / "copy.db"));
    ::umask(before);
    struct stat facts = {};
    REQUIRE(::stat((folder / "copy.db").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 07777U) == 0600);
    CHECK_FALSE(std::filesystem::exists(folder / "copy.db-wal"));
    CHECK_FALSE(std::filesystem::exists(folder / "copy.db-journal"));
}

TEST_CASE("a backup is made while a transaction is open, and holds nothing of it")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    REQUIRE(addItem(*database, "one"));
    const auto done = database->transaction([&](sql::Session& session) -> Status {
        CHECK(addItem(session, "two").ok());
        return database->backup(folder / "copy.db");
    });
    CHECK(done.ok());
    CHECK(itemsOf(*openItems(folder / "copy.db")) == "one;");
}

TEST_CASE("a backup never takes the place of a file, even an empty one, nor follows a link")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    folder.write("empty", "");
    std::filesystem::create_symlink(folder / "elsewhere", folder / "link");
    for (const char* name : {"a.db", "empty", "link"}) {
        CAPTURE(name);
        const auto refused = database->backup(folder / name);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().kind == ErrorKind::Conflict);
        CHECK(refused.error().message ==
              std::string(folder / name) + ": is there already; name a file that is not");
    }
    CHECK(std::filesystem::file_size(folder / "empty") == 0);
    CHECK_FALSE(std::filesystem::exists(folder / "elsewhere"));
    const auto missing = database->backup(folder / "no/copy.db");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == ErrorKind::NotFound);
}

TEST_CASE("a backup of a damaged file fails and leaves no file that looks like one")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    {
        const auto database = openItems(file);
        for (int number = 0; number < 50; ++number)
            REQUIRE(addItem(*database, std::string(3000, 'x') + std::to_string(number)));
    }
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    for (std::streamoff page = 5; page < 30; ++page)
        stream.seekp(page * 4096) << std::string(200, '\xEE');
    stream.close();
    const auto refused = openItems(file)->backup(folder / "copy.db");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::Corrupt);
    CHECK_FALSE(std::filesystem::exists(folder / "copy.db"));
}
