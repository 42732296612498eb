#include "controller/enrollment/storage/enrollment_store.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::server;
using namespace perennial::test;

namespace {

const TimePoint now{Duration(1'800'000'000)}; // 2027-01-15

std::unique_ptr<EnrollmentStore> opened(const std::string& file)
{
    auto store = EnrollmentStore::open(file);
    REQUIRE(store.ok());
    return *std::move(store);
}

void add(EnrollmentStore& store, const std::string& name)
{
    Json details;
    details["name"] = name;
    REQUIRE(store.addEvent("user.added", now, details).ok());
}

EventPage page(EnrollmentStore& store, std::int64_t after)
{
    const auto read = readEvents(store.database(), after, 100);
    REQUIRE(read.ok());
    return *read;
}

} // namespace

TEST_CASE("a page of events says what the list is and how far it goes")
{
    const TemporaryFolder folder;
    auto store = opened(folder / "enrollment.db");
    CHECK(page(*store, 0).newest == 0);
    CHECK(page(*store, 0).afterDigest.empty());
    add(*store, "ann");
    add(*store, "bob");
    const auto all = page(*store, 0);
    CHECK(all.newest == 2);
    CHECK(all.database.size() == 32);
    REQUIRE(all.items.size() == 2);
    CHECK(all.items[0].digest != all.items[1].digest);

    store = nullptr;
    store = opened(folder / "enrollment.db");
    const auto rest = page(*store, 1);
    REQUIRE(rest.items.size() == 1);
    CHECK(rest.items.front().digest == all.items[1].digest);
    CHECK(rest.afterDigest == all.items[0].digest);
    CHECK(rest.database == all.database);
    CHECK(page(*store, 9).newest == 2); // as to who has read further than there is
    CHECK(page(*store, 9).afterDigest.empty());

    CHECK(page(*opened(folder / "another.db"), 0).database != all.database);
}

TEST_CASE("a database restored from a backup shows, also when it has counted on past the reader")
{
    const TemporaryFolder folder;
    const auto store = opened(folder / "enrollment.db");
    add(*store, "ann");
    REQUIRE(store->database().backup(folder / "backup.db").ok());
    add(*store, "bob");
    const auto read = page(*store, 0);

    const auto restored = opened(folder / "backup.db");
    CHECK(page(*restored, 1).afterDigest == read.items[0].digest); // the same as far as it goes
    CHECK(page(*restored, 2).newest == 1);
    CHECK(page(*restored, 2).afterDigest.empty());
    add(*restored, "carl"); // in the same second
    add(*restored, "dora");
    const auto later = page(*restored, 2);
    CHECK(later.newest == 3);
    CHECK(later.database == read.database);
    CHECK_FALSE(later.afterDigest.empty());
    CHECK(later.afterDigest != read.items[1].digest);
}
