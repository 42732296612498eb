#include "tests/support/child_process.h"
#include "tests/unit/sql/samples.h"

#include <sys/mount.h>

using namespace perennial;
using namespace perennial::test;
using sql::Session;

namespace {

// Foreign writing into the file, between two openings of ours.
void overwrite(const std::string& file, std::streamoff at, const std::string& bytes)
{
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(at);
    stream << bytes;
    REQUIRE(stream.good());
}

// Some hundred pages.
void fill(const std::string& file)
{
    const auto database = openItems(file);
    const auto filled = database->transaction([](Session& session) -> Status {
        for (int number = 0; number < 300; ++number) {
            const auto added = session.execute("INSERT INTO items (name, content) VALUES (?, ?)",
                {"item " + std::to_string(number), sql::Blob{Bytes(3000, 'x')}});
            if (!added) return added.error();
        }
        return {};
    });
    REQUIRE(filled);
}

Status readEverything(sql::Database& database)
{
    return database.read([](Session& session) -> Status {
        const auto rows = session.query("SELECT * FROM items");
        return rows ? Status() : Status(rows.error());
    });
}

// A disk of 600 KiB, where the tests may mount one.
class TinyDisk {
public:
    TinyDisk()
    {
        mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=600k,mode=0700") == 0;
    }
    ~TinyDisk()
    {
        if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }
    TinyDisk(const TinyDisk&) = delete;
    TinyDisk& operator=(const TinyDisk&) = delete;

    bool mounted() const { return mounted_; }
    std::string operator/(const char* name) const { return folder_ / name; }

private:
    TemporaryFolder folder_;
    bool mounted_ = false;
};

Status addLarge(sql::Database& database)
{
    return database.transaction([](Session& session) -> Status {
        if (auto added = addItem(session, "small"); !added) return added;
        const auto large =
            session.execute("UPDATE items SET content = ?", {sql::Blob{Bytes(2'000'000, 'x')}});
        return large ? Status() : Status(large.error());
    });
}

void checkDiskFull(const Status& status)
{
    REQUIRE_FALSE(status);
    CHECK(status.error().kind == ErrorKind::Internal);
    CAPTURE(status.error().message);
    CHECK(status.error().message.find("no space is left on its disk; free some") !=
          std::string::npos);
}

} // namespace

TEST_CASE("a file that is no database is Corrupt and stays as it is")
{
    const TemporaryFolder folder;
    const auto file = folder.write("a.db", std::string(5000, 'x'));
    const auto opened = sql::Database::open(file, itemMigrations);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == ErrorKind::Corrupt);
    CHECK(opened.error().message.find(file + ": it is not a SQLite database") != std::string::npos);
    CHECK(std::filesystem::file_size(file) == 5000);
}

TEST_CASE("a damaged page is Corrupt when it is read, and named by the integrity check")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    fill(file);
    CHECK(openItems(file)->checkIntegrity().ok());
    for (std::streamoff page = 20; page < 60; ++page)
        overwrite(file, page * 4096, std::string(200, '\xEE'));
    const auto database = openItems(file);
    const auto read = readEverything(*database);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::Corrupt);
    CHECK(read.error().message.find("it is damaged; stop, keep it, and restore a backup") !=
          std::string::npos);
    const auto checked = database->checkIntegrity();
    REQUIRE_FALSE(checked);
    CHECK(checked.error().kind == ErrorKind::Corrupt);
    CHECK(mustRun({"/usr/bin/sqlite3", file, "PRAGMA integrity_check(1)"}) != "ok\n");
}

TEST_CASE("a file cut short is Corrupt")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    fill(file);
    std::filesystem::resize_file(file, 100 * 4096);
    const auto database = sql::Database::open(file, itemMigrations);
    const auto read = database ? readEverything(**database) : Status(database.error());
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::Corrupt);
}

TEST_CASE("a database that another process keeps is Conflict after the wait")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    (void)openItems(file);
    const auto database =
        sql::Database::open(file, itemMigrations, {std::chrono::milliseconds(20)});
    REQUIRE(database);
    // Another connection is to SQLite what another process is.
    const auto other = openItems(file);
    const auto outer = other->transaction([&](Session& session) -> Status {
        const auto waited = addItem(**database, "x");
        REQUIRE_FALSE(waited);
        CHECK(waited.error().kind == ErrorKind::Conflict);
        CHECK(waited.error().message.find("another process is using it") != std::string::npos);
        CHECK(itemsOf(**database).empty()); // readers do not wait
        return addItem(session, "y");
    });
    CHECK(outer.ok());
    CHECK(addItem(**database, "x").ok());
    CHECK(itemsOf(**database) == "y;x;");
}

TEST_CASE("a full database rolls back, says so and works again")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    REQUIRE(addItem(*database, "before"));
    const auto setLimit = [&](const std::string& pages) {
        REQUIRE(database->transaction([&](Session& session) -> Status {
            REQUIRE(session.query("PRAGMA max_page_count = " + pages));
            return {};
        }));
    };
    setLimit("20");
    checkDiskFull(addLarge(*database));
    CHECK(itemsOf(*database) == "before;");
    setLimit("100000");
    CHECK(addLarge(*database).ok());
}

TEST_CASE("what follows a statement that rolled everything back is not written on its own")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    const auto done = database->transaction([&](Session& session) -> Status {
        REQUIRE(addItem(session, "a"));
        CHECK_FALSE(session.execute("INSERT OR ROLLBACK INTO items (name) VALUES ('a')").ok());
        CHECK_FALSE(addItem(session, "b").ok());
        CHECK_FALSE(session.query("SELECT 1").ok());
        return {};
    });
    CHECK_FALSE(done.ok());
    CHECK(itemsOf(*database).empty());
}

TEST_CASE("a full disk fails the transaction, keeps what was there and needs no restart")
{
    const TinyDisk disk;
    if (!disk.mounted()) {
        MESSAGE("skipped here: mounting a tiny disk needs root");
        return;
    }
    const auto database = openItems(disk / "a.db");
    REQUIRE(addItem(*database, "before"));
    checkDiskFull(addLarge(*database));
    CHECK(itemsOf(*database) == "before;");

    const auto ballast = disk / "ballast";
    std::ofstream(ballast, std::ios::binary) << std::string(600'000, 'x'); // as much as there is
    auto failed = Status();
    for (int number = 0; number < 1000 && failed; ++number)
        failed = addItem(*database, std::string(1000, 'n') + std::to_string(number));
    checkDiskFull(failed);
    std::filesystem::remove(ballast);
    CHECK(addItem(*database, "after").ok());
    CHECK(database->checkIntegrity().ok());

    std::ofstream(ballast, std::ios::binary) << std::string(600'000, 'x');
    const auto second = sql::Database::open(disk / "b.db", itemMigrations);
    REQUIRE_FALSE(second);
    checkDiskFull(second.error());
    checkDiskFull(database->backup(disk / "backup.db"));
    CHECK_FALSE(std::filesystem::exists(disk / "backup.db"));
}

TEST_CASE("a disk that may not be written is PermissionDenied")
{
    const TinyDisk disk;
    if (!disk.mounted()) {
        MESSAGE("skipped here: mounting a read-only disk needs root");
        return;
    }
    (void)openItems(disk / "a.db");
    const auto folder = std::filesystem::path(disk / "a.db").parent_path();
    REQUIRE(::mount("", folder.c_str(), "", MS_REMOUNT | MS_RDONLY, "") == 0);
    const auto opened = sql::Database::open(disk / "a.db", itemMigrations);
    REQUIRE_FALSE(opened);
    CAPTURE(opened.error().message);
    CHECK(opened.error().kind == ErrorKind::PermissionDenied);
    const auto made = sql::Database::open(disk / "b.db", itemMigrations);
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == ErrorKind::PermissionDenied);
}
