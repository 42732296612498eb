// Events are numbered once and kept until the controller has them.

#include "agent/event_queue.h"
#include "tests/support/dying_file_system.h"
#include "tests/support/memory_files.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::agent;
using perennial::test::DyingFileSystem;
using perennial::test::MemoryFiles;

namespace {

model::AuditEvent event(int number)
{
    model::AuditEvent event;
    event.id = "0198c6d2-1b2c-7abc-8def-" + std::to_string(100'000'000'000 + number);
    event.kind = "renewal.accepted";
    event.time = PreciseTime(std::chrono::milliseconds(1'790'000'000'000));
    event.actor = {"agent", "agent-1", "mtls", ""};
    event.outcome = model::Outcome::Success;
    event.agentId = "agent-1";
    return event;
}

std::unique_ptr<EventQueue> opened(FileSystem& files, const std::string& epoch = "epoch-1")
{
    auto queue = EventQueue::open(files, "/state", epoch);
    REQUIRE_MESSAGE(queue.ok(), (queue ? "" : queue.error().message));
    return *std::move(queue);
}

std::vector<std::int64_t> numbersOf(const EventQueue& queue)
{
    std::vector<std::int64_t> numbers;
    for (const auto& one : queue.next(10'000))
        numbers.push_back(one.agentSequence);
    return numbers;
}

} // namespace

TEST_CASE("numbers go on over restarts and acknowledgements, and none is used twice")
{
    MemoryFiles disk;
    {
        const auto queue = opened(disk);
        REQUIRE(queue->add({event(1), event(2)}));
        REQUIRE(queue->add({event(3)}));
        CHECK(numbersOf(*queue) == std::vector<std::int64_t>{1, 2, 3});
        CHECK(queue->next(10).front().agentEpoch == "epoch-1");
        REQUIRE(queue->acknowledge(2));
    }
    {
        const auto queue = opened(disk);
        CHECK(numbersOf(*queue) == std::vector<std::int64_t>{3});
        REQUIRE(queue->acknowledge(3));
        CHECK(queue->pending() == 0);
    }
    const auto queue = opened(disk);
    CHECK(queue->pending() == 0);
    REQUIRE(queue->add({event(4)}));
    CHECK(numbersOf(*queue) == std::vector<std::int64_t>{4});
}

TEST_CASE("nothing leaves before it is acknowledged, and a batch is only a look")
{
    MemoryFiles disk;
    const auto queue = opened(disk);
    REQUIRE(queue->add({event(1), event(2), event(3)}));
    CHECK(queue->next(2).size() == 2);
    CHECK(queue->next(2).front().agentSequence == 1);
    CHECK(queue->pending() == 3);
    REQUIRE(queue->acknowledge(0));
    REQUIRE(queue->acknowledge(-5));
    CHECK(queue->pending() == 3);
    REQUIRE(queue->acknowledge(1));
    REQUIRE(queue->acknowledge(1));
    CHECK(queue->pending() == 2);
}

TEST_CASE("an acknowledgement of what was never sent is refused and changes nothing")
{
    MemoryFiles disk;
    const auto queue = opened(disk);
    REQUIRE(queue->add({event(1)}));
    const auto before = disk.content;
    CHECK(queue->acknowledge(2).error().kind == ErrorKind::InvalidInput);
    CHECK(queue->acknowledge(9'000'000'000'000'000'000).error().kind == ErrorKind::InvalidInput);
    CHECK(queue->pending() == 1);
    CHECK(disk.content == before);
}

TEST_CASE("an event that waits already is passed over when it is told again")
{
    MemoryFiles disk;
    {
        const auto queue = opened(disk);
        REQUIRE(queue->add({event(1), event(2)}));
        REQUIRE(queue->add({event(2), event(3), event(1)}));
        CHECK(numbersOf(*queue) == std::vector<std::int64_t>{1, 2, 3});
    }
    const auto queue = opened(disk);
    REQUIRE(queue->add({event(3)}));
    CHECK(queue->pending() == 3);
}

TEST_CASE("a disk that is full refuses the event, and no number is lost to it")
{
    MemoryFiles disk;
    REQUIRE(opened(disk)->add({event(1)}));
    DyingFileSystem full(disk, {1, DyingFileSystem::Fault::Fail});
    const auto queue = opened(full);
    CHECK_FALSE(queue->add({event(2)}).ok());
    CHECK(queue->pending() == 1);
    REQUIRE(queue->add({event(2)}));
    CHECK(numbersOf(*queue) == std::vector<std::int64_t>{1, 2});
    CHECK(numbersOf(*opened(disk)) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("half a line at the end was never published; damage before it is said by file")
{
    MemoryFiles disk;
    REQUIRE(opened(disk)->add({event(1), event(2)}));
    const auto whole = disk.content["/state/events.jsonl"];
    disk.content["/state/events.jsonl"] = whole + whole.substr(0, 40);
    {
        const auto queue = opened(disk);
        CHECK(numbersOf(*queue) == std::vector<std::int64_t>{1, 2});
        CHECK(disk.content["/state/events.jsonl"] == whole);
        REQUIRE(queue->add({event(3)}));
        CHECK(numbersOf(*queue) == std::vector<std::int64_t>{1, 2, 3});
    }
    for (const auto& damaged : {whole.substr(1), "\n" + whole, "{}\n" + whole}) {
        disk.content["/state/events.jsonl"] = damaged;
        const auto queue = EventQueue::open(disk, "/state", "epoch-1");
        REQUIRE_FALSE(queue.ok());
        CHECK(queue.error().kind == ErrorKind::Corrupt);
        CHECK(queue.error().message.find("events.jsonl") != std::string::npos);
    }
    disk.content["/state/events.jsonl"] = whole;
    for (const std::string number : {"", "x", "-1", "1 ", "99999999999999999999"}) {
        CAPTURE(number);
        disk.content["/state/events.acknowledged"] = number;
        CHECK_FALSE(EventQueue::open(disk, "/state", "epoch-1").ok());
    }
}

TEST_CASE(
    "a flood of one kind is bounded, counted and told, and nothing of another kind goes for it")
{
    MemoryFiles disk;
    const auto queue = opened(disk);
    const auto of = [](const std::string& kind, int number) {
        auto made = event(number);
        made.kind = kind;
        return made;
    };
    const auto waiting = [&queue](const std::string& kind) {
        const auto all = queue->next(100'000);
        return std::count_if(all.begin(), all.end(), [&](const auto& e) { return e.kind == kind; });
    };
    const auto told = [&queue] {
        std::vector<std::int64_t> counts;
        for (const auto& one : queue->next(100'000)) {
            if (one.kind == "agent.events_dropped")
                counts.push_back(*one.details.at("count").integer());
        }
        return counts;
    };
    constexpr auto share = static_cast<std::int64_t>(EventQueue::shareOfOthers);
    int number = 0;
    for (int i = 0; i < share + 1234; ++i)
        REQUIRE(queue->add({of("renewal.already_done", ++number)}));
    CHECK(waiting("renewal.already_done") == share);
    CHECK(told() == std::vector<std::int64_t>{1, 10, 100, 1000});
    CHECK(queue->next(100'000).back().details.at("kind") == Json("renewal.already_done"));
    for (const char* kind : {"certificate.installed", "key.generated", "trust.changed",
             "policy.rejected", "agent.refused_answer", "slot.paused"}) {
        REQUIRE(queue->add({of(kind, ++number)}));
        CHECK(waiting(kind) == 1);
    }
    const auto numbers = numbersOf(*queue);
    for (std::size_t at = 0; at < numbers.size(); ++at) // no hole that a controller would tell of
        CHECK(numbers[at] == static_cast<std::int64_t>(at) + 1);

    SUBCASE("with room again it is told how many it were in all, once")
    {
        REQUIRE(queue->acknowledge(share));
        CHECK(told() == std::vector<std::int64_t>{1, 10, 100, 1000, 1234});
        REQUIRE(queue->add({of("renewal.already_done", ++number)}));
        CHECK(waiting("renewal.already_done") == 1);
        REQUIRE(queue->acknowledge(share + 1));
        CHECK(told().size() == 4);
    }
    SUBCASE("a restart does not make the shares larger")
    {
        const auto again = opened(disk);
        const auto before = again->pending();
        for (int i = 0; i < 50; ++i)
            REQUIRE(again->add({of("renewal.already_done", ++number)}));
        CHECK(again->pending() == before + 2); // told at 1 and 10
    }
    SUBCASE("what changes on the host has a larger share, with an end too")
    {
        for (std::size_t i = 0; i < EventQueue::shareOfChanges + 9; ++i)
            REQUIRE(queue->add({of("request.denied", ++number)}));
        CHECK(waiting("request.denied") == EventQueue::shareOfChanges);
        CHECK(told().back() == 1);
    }
}

TEST_CASE("many events at once are held to their share as well")
{
    MemoryFiles disk;
    const auto queue = opened(disk);
    std::vector<model::AuditEvent> many;
    for (int i = 0; i < 1000; ++i) {
        many.push_back(event(i));
        many.back().kind = "slot.unmanaged";
    }
    REQUIRE(queue->add(many));
    CHECK(queue->pending() == EventQueue::shareOfOthers + 1);
}

TEST_CASE("the file does not grow for ever")
{
    MemoryFiles disk;
    const auto queue = opened(disk);
    for (int number = 1; number <= 5000; ++number) {
        REQUIRE(queue->add({event(number)}));
        if (number > 10) REQUIRE(queue->acknowledge(number - 10));
    }
    const auto& text = disk.content["/state/events.jsonl"];
    CHECK(std::count(text.begin(), text.end(), '\n') < 1100);
    CHECK(queue->pending() == 10);
    CHECK(numbersOf(*opened(disk)) == numbersOf(*queue));
}
