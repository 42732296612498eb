#include "tests/support/child_process.h"
#include "tests/unit/sql/samples.h"

#include <atomic>
#include <thread>

using namespace perennial;
using namespace perennial::test;
using sql::Session;

namespace {

// Both tables hold as many rows whenever no transaction is half done.
Status addPair(Session& session, const std::string& name)
{
    if (auto added = addItem(session, name); !added) return added;
    const auto part =
        session.execute("INSERT INTO parts SELECT id, 1 FROM items WHERE name = ?", {name});
    return part ? Status() : Status(part.error());
}

std::int64_t unpaired(sql::Database& database)
{
    std::int64_t difference = -1;
    const auto done = database.read([&](Session& session) -> Status {
        const auto items = session.query("SELECT count(*) FROM items");
        if (!items) return items.error();
        const auto parts = session.query("SELECT count(*) FROM parts");
        if (!parts) return parts.error();
        difference = items->at(0).integer(0) - parts->at(0).integer(0);
        return {};
    });
    return done ? difference : -2;
}

} // namespace

TEST_CASE("writers take turns and readers never see half a transaction")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    std::atomic<int> failures = 0;
    std::atomic<int> writing = 2;
    const auto write = [&](const std::string& prefix) {
        for (int number = 0; number < 50; ++number) {
            const auto name = prefix + std::to_string(number);
            const auto done =
                database->transaction([&](Session& session) { return addPair(session, name); });
            if (!done) ++failures;
        }
        --writing;
    };
    const auto read = [&] {
        do {
            if (unpaired(*database) != 0) ++failures;
        } while (writing > 0);
    };
    std::vector<std::thread> threads;
    threads.emplace_back(write, "a");
    threads.emplace_back(write, "b");
    for (int reader = 0; reader < 6; ++reader)
        threads.emplace_back(read);
    for (auto& thread : threads)
        thread.join();
    CHECK(failures == 0);
    CHECK(unpaired(*database) == 0);
    const auto names = itemsOf(*database);
    CHECK(std::count(names.begin(), names.end(), ';') == 100);
}

TEST_CASE("a transaction in one thread does not block another thread's read")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    REQUIRE(addItem(*database, "a"));
    std::string seen;
    const auto done = database->transaction([&](Session& session) -> Status {
        REQUIRE(addItem(session, "b"));
        std::thread([&] { seen = itemsOf(*database); }).join();
        return {};
    });
    CHECK(done.ok());
    CHECK(seen == "a;");
}

TEST_CASE("of transactions that share a commit one fails and the others stay")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    std::atomic<int> wrong = 0;
    const auto write = [&](int thread) {
        for (int number = 0; number < 25; ++number) {
            const auto name = std::to_string(thread) + "-" + std::to_string(number);
            const auto done = database->transaction([&](Session& session) -> Status {
                if (auto added = addPair(session, name); !added) return added;
                if (number % 5 == 1) return Error{ErrorKind::Conflict, name};
                if (number % 5 == 2) throw std::runtime_error(name);
                if (number % 5 == 3) return addItem(session, name); // there already
                return {};
            });
            const bool bad = number % 5 >= 1 && number % 5 <= 3;
            if (done.ok() == bad) ++wrong;
            // Each is told of its own failure, not of another's.
            if (!done && number % 5 < 3 && done.error().message.find(name) == std::string::npos)
                ++wrong;
        }
    };
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread)
        threads.emplace_back(write, thread);
    for (auto& thread : threads)
        thread.join();
    CHECK(wrong == 0);
    CHECK(unpaired(*database) == 0);
    const auto names = itemsOf(*database);
    CHECK(std::count(names.begin(), names.end(), ';') == 8 * 10);
}

TEST_CASE("eight threads write for the witness")
{
    const TemporaryFolder folder;
    const auto database = openItems(folder / "a.db");
    std::atomic<int> failures = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 8; ++thread)
        threads.emplace_back([&, thread] {
            for (int number = 0; number < 25; ++number)
                if (!addItem(*database, std::to_string(thread) + "-" + std::to_string(number)))
                    ++failures;
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(failures == 0);
}

TEST_CASE("those who wait share a commit: strace saw fewer than there were transactions")
{
    const TemporaryFolder folder;
    const auto trace = folder / "trace";
    const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    const auto run = runTool({"/usr/bin/env", "ASAN_OPTIONS=detect_leaks=0", "/usr/bin/strace",
        "-f", "-y", "-e", "trace=fdatasync,fsync", "-o", trace, self,
        "--test-case=eight threads write for the witness"});
    std::ifstream lines(trace);
    if (run.status != 0 && std::filesystem::file_size(trace) == 0) {
        MESSAGE("skipped here: strace may not trace");
        return;
    }
    REQUIRE_MESSAGE(run.status == 0, run.output);
    int syncs = 0;
    for (std::string line; std::getline(lines, line);)
        if (line.find("a.db-wal>") != std::string::npos) ++syncs;
    CHECK(syncs >= 25); // no thread was answered before its own was on the disk
    CHECK(syncs < 8 * 25);
}
