#include "controller/audit/feed.h"

#include "tests/unit/controller_audit/audit_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace perennial;
using namespace perennial::controller;
using perennial::test::AuditFixture;
using perennial::test::memberOf;

namespace {

FeedPage mustRead(const Result<FeedPage>& page)
{
    REQUIRE_MESSAGE(page, page.error().message);
    return *page;
}

} // namespace

TEST_CASE("the feed gives every line of the log once, byte for byte, and then what comes later")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    fixture.addMany(40);
    REQUIRE(log->integrate());
    const Feed feed(*log);
    auto page = mustRead(feed.readFrom("earliest", 7));
    std::vector<std::string> items = page.items;
    while (page.hasMore) {
        CHECK(page.items.size() == 7);
        CHECK(page.headSequence == 41);
        CHECK(page.oldestSequence == 0);
        CHECK(page.checkpoint == log->checkpoint());
        page = mustRead(feed.read(page.nextCursor, 7));
        items.insert(items.end(), page.items.begin(), page.items.end());
    }
    CHECK(items == fixture.lines());

    auto later = mustRead(feed.read(page.nextCursor, 7));
    CHECK(later.items.empty());
    CHECK_FALSE(later.hasMore);
    fixture.add();
    REQUIRE(log->integrate());
    later = mustRead(feed.read(later.nextCursor, 7));
    REQUIRE(later.items.size() == 1);
    CHECK(memberOf(later.items[0], "seq") == "41");
}

TEST_CASE("a cursor outlives a restart, and two who hold it read the same bytes")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    fixture.addMany(10);
    REQUIRE(log->integrate());
    const auto cursor = mustRead(Feed(*log).readFrom("earliest", 3)).nextCursor;
    const auto before = mustRead(Feed(*log).read(cursor, 5));
    REQUIRE(log->stop());
    log.reset();
    log = fixture.mustOpen();
    const Feed feed(*log);
    CHECK(mustRead(feed.read(cursor, 5)).items == before.items);
    CHECK(mustRead(feed.read(cursor, 5)).nextCursor == before.nextCursor);
}

TEST_CASE("a changed cursor, one of another log, and none at all are refused")
{
    AuditFixture fixture;
    const auto log = fixture.mustOpen();
    const Feed feed(*log);
    const auto cursor = mustRead(feed.readFrom("earliest", 1)).nextCursor;
    REQUIRE(feed.read(cursor, 1));
    const auto refused = [&](const std::string& text) {
        const auto page = feed.read(text, 1);
        return !page && page.error().kind == ErrorKind::InvalidInput;
    };
    for (std::size_t i = 0; i < cursor.size(); ++i) {
        for (const char other : {'A', 'B', '-', '\n', '='}) {
            auto changed = cursor;
            if (changed[i] == other) continue;
            changed[i] = other;
            CHECK_MESSAGE(refused(changed), changed);
        }
        CHECK(refused(cursor.substr(0, i)));
    }
    CHECK(refused(cursor + "A"));
    CHECK(refused(cursor + "="));
    CHECK(refused(" " + cursor));
    CHECK(refused(std::string(100'000, 'A')));

    AuditFixture other;
    const auto otherLog = other.mustOpen();
    CHECK(refused(mustRead(Feed(*otherLog).readFrom("earliest", 1)).nextCursor));
    // Signed for the feed, but of another log: the id decides.
    CHECK(
        refused(encodeCursor({Bytes(16, 'x'), 0}, log->secretFor("perennial audit feed cursor"))));
}

TEST_CASE("a cursor that is ahead of a restored log is refused with what to do")
{
    AuditFixture fixture;
    std::string cursor;
    {
        auto log = fixture.mustOpen();
        REQUIRE(log->stop());
    }
    const auto backup = fixture.folder.path() / "backup";
    std::filesystem::copy(fixture.folder.path() / "audit", backup);
    {
        auto log = fixture.mustOpen();
        fixture.addMany(20);
        REQUIRE(log->integrate());
        REQUIRE(log->stop());
        cursor = mustRead(Feed(*log).readFrom("latest", 1)).nextCursor;
    }
    std::filesystem::remove_all(fixture.folder.path() / "audit");
    std::filesystem::copy(backup, fixture.folder.path() / "audit");
    const auto log = fixture.mustOpen(true);
    const auto page = Feed(*log).read(cursor, 1);
    REQUIRE_FALSE(page);
    CHECK(page.error().kind == ErrorKind::InvalidInput);
    CHECK(page.error().message.find("restored") != std::string::npos);
}

TEST_CASE("limits are 1 to 1000")
{
    AuditFixture fixture;
    const auto log = fixture.mustOpen();
    const Feed feed(*log);
    for (const std::size_t limit : {std::size_t{0}, std::size_t{1001}, std::size_t{1'000'000'000},
             static_cast<std::size_t>(-1)})
        CHECK(feed.readFrom("earliest", limit).error().kind == ErrorKind::InvalidInput);
    CHECK(feed.readFrom("earliest", 1000));
}

TEST_CASE("a start is a word, a number or the time of recording")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    for (int i = 0; i < 30; ++i) {
        fixture.clock.advance(Duration(1));
        fixture.add();
        REQUIRE(log->integrate());
    }
    const Feed feed(*log);
    const auto firstOf = [&](const std::string& start) {
        const auto page = mustRead(feed.readFrom(start, 1));
        return page.items.empty() ? std::string("none") : memberOf(page.items[0], "seq");
    };
    CHECK(firstOf("earliest") == "0");
    CHECK(firstOf("latest") == "none");
    CHECK(firstOf("0") == "0");
    CHECK(firstOf("17") == "17");
    CHECK(firstOf("31") == "none");
    const auto records = fixture.lines();
    for (std::size_t i = 0; i < records.size(); ++i)
        CHECK(firstOf(memberOf(records[i], "recorded_time")) == std::to_string(i));
    CHECK(firstOf("2020-01-01T00:00:00Z") == "0");
    CHECK(firstOf("2099-01-01T00:00:00+01:00") == "none");
    for (const auto* wrong : {"", "32", "99999999999999999999", "-1", "yesterday", "2026-01-01",
             "2026-01-01T00:00:00", "+1", "1 "}) {
        const auto page = feed.readFrom(wrong, 1);
        REQUIRE_FALSE(page);
        CHECK(page.error().kind == ErrorKind::InvalidInput);
    }
}

TEST_CASE("a damaged range is an error, the rest is served")
{
    AuditFixture fixture;
    auto log = fixture.mustOpen();
    fixture.addMany(20);
    REQUIRE(log->integrate());
    auto segment = fixture.readFile("events-000000000008.jsonl");
    segment[segment.size() / 2] ^= 1;
    fixture.writeFile("events-000000000008.jsonl", segment);
    const Feed feed(*log);
    const auto page = mustRead(feed.readFrom("earliest", 100));
    CHECK(page.items.size() < 16);
    CHECK(page.hasMore);
    CHECK(feed.read(page.nextCursor, 100).error().kind == ErrorKind::Corrupt);
    CHECK(feed.readFrom("16", 100)->items.size() == 5);
}

TEST_CASE("one page stays within four megabytes")
{
    AuditFixture fixture;
    fixture.eventsPerFile = 400;
    auto log = fixture.mustOpen();
    auto big = fixture.event();
    big.details["text"] = std::string(15'000, 'x');
    REQUIRE(fixture.database->transaction([&](sql::Session& session) -> Status {
        for (int i = 0; i < 500; ++i) {
            if (auto added = AuditOutbox::add(session, big); !added) return added;
        }
        return {};
    }));
    REQUIRE(log->integrate());
    const Feed feed(*log);
    auto page = mustRead(feed.readFrom("earliest", 1000));
    auto count = page.items.size();
    while (page.hasMore) {
        std::size_t bytes = 0;
        for (const auto& item : page.items)
            bytes += item.size();
        CHECK(bytes <= 4U << 20U);
        page = mustRead(feed.read(page.nextCursor, 1000));
        count += page.items.size();
    }
    CHECK(count == static_cast<std::size_t>(log->size()));
}
