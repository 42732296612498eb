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
