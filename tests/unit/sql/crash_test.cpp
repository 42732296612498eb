// What a process that dies leaves behind. The child opens the database itself: a connection may not
// cross a fork.

#include "tests/support/child_process.h"
#include "tests/unit/sql/samples.h"

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::test;

namespace {

// Forks; returns how the child ended.
template <class Work>
int statusOfChild(Work work)
{
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        work();
        ::_exit(99);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

bool exitedWith(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }

void checkSound(const std::string& file)
{
    CHECK(mustRun({"/usr/bin/sqlite3", file, "PRAGMA integrity_check"}) == "ok\n");
}

} // namespace

TEST_CASE("a process that dies inside a transaction leaves nothing of it")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    REQUIRE(addItem(*openItems(file), "before"));
    const auto status = statusOfChild([&] {
        auto database = sql::Database::open(file, itemMigrations);
        (void)(*database)->transaction([&](sql::Session& session) -> Status {
            if (!addItem(session, "half")) ::_exit(1);
            if (!session.execute("UPDATE items SET name = 'changed' WHERE name = 'before'"))
                ::_exit(2);
            ::_exit(7);
        });
    });
    CHECK(exitedWith(status, 7));
    CHECK(itemsOf(*openItems(file)) == "before;");
    checkSound(file);
}

TEST_CASE("a transaction too large for memory leaves nothing either when its process is killed")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    REQUIRE(addItem(*openItems(file), "before"));
    const auto status = statusOfChild([&] {
        auto database = sql::Database::open(file, itemMigrations);
        (void)(*database)->transaction([&](sql::Session& session) -> Status {
            for (int i = 0; i < 400; ++i)
                if (!session.execute("INSERT INTO items (name, content) VALUES (?, ?)",
                        {"n" + std::to_string(i), sql::Blob{Bytes(20'000, 'x')}}))
                    ::_exit(1);
            // Some of it is in the log by now.
            if (std::filesystem::file_size(file + "-wal") < 100'000) ::_exit(2);
            ::kill(::getpid(), SIGKILL);
            return {};
        });
    });
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    CHECK(itemsOf(*openItems(file)) == "before;");
    checkSound(file);
}

TEST_CASE("what was committed stays when the process is killed right after")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    const auto status = statusOfChild([&] {
        auto database = sql::Database::open(file, itemMigrations);
        if (!database || !addItem(**database, "kept")) ::_exit(1);
        ::kill(::getpid(), SIGKILL);
    });
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
    CHECK(itemsOf(*openItems(file)) == "kept;");
    checkSound(file);
}

TEST_CASE("a process that dies inside a migration leaves the version before it")
{
    const TemporaryFolder folder;
    const auto file = folder / "a.db";
    REQUIRE(addItem(*openItems(file), "before"));
    auto migrations = itemMigrations;
    migrations.push_back({2, "ALTER TABLE items ADD COLUMN more TEXT;\n"
                             "CREATE TABLE big (content BLOB);\n"
                             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                             "LIMIT 1000) INSERT INTO big SELECT randomblob(20000) FROM n;\n"});
    const auto status = statusOfChild([&] {
        // The kernel kills it where its file grows past 4 MiB: in the middle of the INSERT.
        const rlimit none = {0, 0};
        const rlimit small = {4U << 20U, 4U << 20U};
        if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::setrlimit(RLIMIT_FSIZE, &small) != 0)
            ::_exit(1);
        (void)sql::Database::open(file, migrations);
    });
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGXFSZ);
    CHECK(itemsOf(*openItems(file)) == "before;");
    CHECK(mustRun({"/usr/bin/sqlite3", file, "SELECT max(version) FROM schema_version"}) == "1\n");
    checkSound(file);
    CHECK(itemsOf(*openItems(file, migrations)) == "before;");
}

TEST_CASE("three transactions for the witness")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    for (const char* name : {"one", "two", "three"})
        CHECK(addItem(*database, name).ok());
}

TEST_CASE("each commit syncs the log: strace saw it")
{
    const TemporaryFolder folder;
    const auto trace = folder / "trace";
    const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    const auto run = runTool({"/usr/bin/env", "ASAN_OPTIONS=detect_leaks=0", "/usr/bin/strace",
        "-f", "-y", "-e", "trace=fdatasync,fsync,write,pwrite64", "-o", trace, self,
        "--test-case=three transactions for the witness"});
    std::ifstream lines(trace);
    if (run.status != 0 && std::filesystem::file_size(trace) == 0) {
        MESSAGE("skipped here: strace may not trace");
        return;
    }
    REQUIRE_MESSAGE(run.status == 0, run.output);
    // A written log and no sync before the next statement's lock would be a commit that may be
    // lost.
    int commits = 0;
    bool written = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("a.db-wal>") == std::string::npos) continue;
        const bool synced = line.find("sync(") != std::string::npos;
        if (synced && written) ++commits;
        written = !synced;
    }
    CHECK(commits >= 4); // the migration and the three
}
