#include "controller/audit/publisher.h"
#include "controller/audit/sink_runner.h"

#include "tests/unit/controller_audit/audit_fixture.h"

#include <atomic>
#include <condition_variable>
#include <doctest/doctest.h>
#include <filesystem>
#include <mutex>

using namespace perennial;
using namespace perennial::controller;
using perennial::test::AuditFixture;
using perennial::test::memberOf;

namespace {

// What a receiver got, and how it behaves.
struct Receiver {
    std::vector<std::int64_t> sequences;
    bool down = false;
    std::int64_t holdBack = 0; // events that a broken connection could still lose
    std::int64_t best = -1;
    int calls = 0;
};

class FakeSink final : public AuditSink {
public:
    explicit FakeSink(Receiver& receiver) : receiver_(receiver) {}
    Result<std::int64_t> deliver(const std::vector<SinkEvent>& events) override
    {
        ++receiver_.calls;
        if (receiver_.down) return Error{ErrorKind::Unavailable, "nobody there\nat all"};
        for (const auto& event : events)
            receiver_.sequences.push_back(event.sequence);
        receiver_.best = events.back().sequence;
        return receiver_.best - receiver_.holdBack;
    }
    Result<std::int64_t> settle() override
    {
        if (receiver_.down) return Error{ErrorKind::Unavailable, "gone"};
        receiver_.holdBack = 0;
        return receiver_.best;
    }

private:
    Receiver& receiver_;
};

struct World {
    AuditFixture fixture;
    Receiver receiver;
    std::unique_ptr<AuditLog> log;
    std::unique_ptr<SinkRunner> runner;

    explicit World(std::int64_t eventsPerFile = 8)
    {
        fixture.eventsPerFile = eventsPerFile;
        fixture.checkpointEvents = eventsPerFile * 12;
        log = fixture.mustOpen();
        runner = start();
    }
    std::unique_ptr<SinkRunner> start()
    {
        return std::make_unique<SinkRunner>("siem", std::make_unique<FakeSink>(receiver), *log,
            fixture.files, fixture.clock, fixture.folder / "siem");
    }
    void grow(int events)
    {
        fixture.addMany(events);
        REQUIRE(log->integrate());
    }
    void runAll()
    {
        while (runner->step()) {}
    }
    int count(const std::string& kind)
    {
        REQUIRE(log->integrate());
        int found = 0;
        for (const auto& record : fixture.lines())
            found += memberOf(record, "kind") == kind ? 1 : 0;
        return found;
    }
};

std::vector<std::int64_t> range(std::int64_t first, std::int64_t end)
{
    std::vector<std::int64_t> all;
    for (auto i = first; i < end; ++i)
        all.push_back(i);
    return all;
}

} // namespace

TEST_CASE("a sink gets every event in order, and goes on after a restart where it was")
{
    World world;
    world.grow(1200);
    world.runAll();
    CHECK(world.receiver.sequences == range(0, world.log->size()));
    CHECK(world.runner->status().lag == 0);
    world.runner = world.start();
    world.grow(3);
    world.runAll();
    CHECK(world.receiver.sequences == range(0, world.log->size()));
}

TEST_CASE("what a sink holds back counts as delivered only when the sink says so")
{
    World world;
    world.receiver.holdBack = 4;
    world.grow(9);
    world.runner->step();
    CHECK(world.runner->status().cursor == 6);
    SUBCASE("so a restart sends it again")
    {
        world.runner = world.start();
        world.receiver.sequences.clear();
        world.runAll();
        CHECK(world.receiver.sequences == range(6, 10));
    }
    SUBCASE("so a broken connection sends it again")
    {
        world.receiver.down = true;
        world.runner->step();
        world.receiver.down = false;
        world.receiver.sequences.clear();
        world.fixture.clock.advance(Duration(1));
        world.runAll();
        CHECK(world.receiver.sequences == range(6, 10));
    }
    SUBCASE("and quiet settles it")
    {
        world.runner->step();
        CHECK(world.runner->status().cursor == 10);
        CHECK(world.receiver.sequences == range(0, 10));
    }
}

TEST_CASE("a sink that fails is told once, waits longer each time, and is told when it works again")
{
    World world;
    world.receiver.down = true;
    world.grow(1);
    std::vector<int> calls;
    for (int second = 0; second < 200; ++second) {
        world.runner->step();
        calls.push_back(world.receiver.calls);
        world.fixture.clock.advance(Duration(1));
    }
    CHECK(calls[0] == 1);
    CHECK(calls[1] == 2);
    CHECK(calls[2] == 2);
    CHECK(calls[3] == 3); // after 1, 2, 4, 8, 16, 32, 60, 60 ... seconds
    CHECK(calls[199] == 9);
    const auto status = world.runner->status();
    CHECK_FALSE(status.working);
    CHECK(status.message == "nobody there\\u000Aat all");
    CHECK(status.lag == 2);
    CHECK(world.count("audit.sink_failed") == 1);

    world.receiver.down = false;
    world.fixture.clock.advance(Duration(60));
    world.runAll();
    CHECK(world.runner->status().working);
    CHECK(world.count("audit.sink_recovered") == 1);
    CHECK(world.count("audit.sink_failed") == 1);
    world.runAll(); // the two events of its own
    CHECK(world.receiver.sequences.size() == static_cast<std::size_t>(world.log->size()));
}

TEST_CASE("a receiver that takes and then refuses is not called recovered in between")
{
    World world;
    world.grow(3);
    for (int attempt = 0; attempt < 6; ++attempt) {
        world.receiver.holdBack = 100;
        world.receiver.down = false;
        world.runner->step(); // the write succeeds
        world.receiver.down = true;
        world.runner->step(); // then the other side is gone
        world.fixture.clock.advance(Duration(60));
    }
    CHECK(world.count("audit.sink_failed") == 1);
    CHECK(world.count("audit.sink_recovered") == 0);
    CHECK(world.runner->status().cursor == 0);
}

TEST_CASE("a receiver that confirms nothing does not get the whole log at once")
{
    World world(10'000);
    world.receiver.holdBack = 1'000'000;
    class Reluctant final : public AuditSink {
    public:
        explicit Reluctant(std::int64_t& given) : given_(given) {}
        Result<std::int64_t> deliver(const std::vector<SinkEvent>& events) override
        {
            given_ += static_cast<std::int64_t>(events.size());
            return std::int64_t{-1};
        }
        Result<std::int64_t> settle() override { return std::int64_t{-1}; }

    private:
        std::int64_t& given_;
    };
    std::int64_t given = 0;
    world.runner = std::make_unique<SinkRunner>("siem", std::make_unique<Reluctant>(given),
        *world.log, world.fixture.files, world.fixture.clock, world.fixture.folder / "siem");
    world.grow(static_cast<int>(SinkRunner::window) + 3000);
    world.runAll();
    CHECK(given >= SinkRunner::window);
    CHECK(given < SinkRunner::window + static_cast<std::int64_t>(SinkRunner::batchSize));
}

TEST_CASE("a damaged cursor is told, not guessed")
{
    World world;
    for (const auto* text : {"", "5", "five abc\n", "-1 abc\n", "5 abc"}) {
        REQUIRE(world.fixture.files.replace(world.fixture.folder / "siem", text));
        world.runner = world.start();
        CHECK_FALSE(world.runner->step());
        CHECK_FALSE(world.runner->status().working);
    }
    CHECK(world.receiver.sequences.empty());
}

TEST_CASE("after a restored log the sink gets what was logged since, not what it had before")
{
    World world;
    auto& fixture = world.fixture;
    REQUIRE(world.log->stop());
    world.runner.reset();
    world.log.reset();
    const auto backup = fixture.folder.path() / "backup";
    std::filesystem::copy(fixture.folder.path() / "audit", backup); // 2 events
    world.log = fixture.mustOpen();
    world.runner = world.start();
    world.grow(20);
    world.runAll();
    REQUIRE(world.log->stop());
    world.runner.reset();
    world.log.reset();
    std::filesystem::remove_all(fixture.folder.path() / "audit");
    std::filesystem::copy(backup, fixture.folder.path() / "audit");
    world.log = fixture.mustOpen(true);
    world.receiver.sequences.clear();
    SUBCASE("in the run that accepted it") { world.grow(30); }
    SUBCASE("in a later run it starts over, which repeats but loses nothing")
    {
        world.grow(30);
        world.log.reset();
        world.log = fixture.mustOpen();
        world.runner = world.start();
        world.runAll();
        CHECK(world.receiver.sequences == range(0, world.log->size()));
        return;
    }
    world.runner = world.start();
    world.runAll();
    CHECK(world.receiver.sequences == range(2, world.log->size()));
}

TEST_CASE("a damaged range stops the sink with a reason and skips nothing")
{
    World world;
    world.grow(20);
    auto segment = world.fixture.readFile("events-000000000008.jsonl");
    segment[segment.find("web1")] = 'v';
    world.fixture.writeFile("events-000000000008.jsonl", segment);
    world.runAll();
    CHECK(world.receiver.sequences == range(0, 8));
    CHECK_FALSE(world.runner->status().working);
    CHECK(world.runner->status().message.find("not what was written") != std::string::npos);
}

namespace {

// Waits in deliver() until it is let go.
class BlockedSink final : public AuditSink {
public:
    Result<std::int64_t> deliver(const std::vector<SinkEvent>& events) override
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return free_; });
        return events.back().sequence;
    }
    Result<std::int64_t> settle() override { return std::int64_t{-1}; }
    void let()
    {
        {
            const std::lock_guard lock(mutex_);
            free_ = true;
        }
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool free_ = false;
};

// Tells when it has got so many.
class CountingSink final : public AuditSink {
public:
    struct Count {
        std::mutex mutex;
        std::condition_variable changed;
        std::int64_t events = 0;
        bool closed = false;

        void waitFor(std::int64_t wanted)
        {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return events >= wanted; });
        }
    };
    explicit CountingSink(Count& count) : count_(count) {}
    ~CountingSink() override
    {
        const std::lock_guard lock(count_.mutex);
        count_.closed = true;
    }
    Result<std::int64_t> deliver(const std::vector<SinkEvent>& events) override
    {
        const std::lock_guard lock(count_.mutex);
        count_.events += static_cast<std::int64_t>(events.size());
        count_.changed.notify_all();
        return events.back().sequence;
    }
    Result<std::int64_t> settle() override { return std::int64_t{-1}; }

private:
    Count& count_;
};

} // namespace

TEST_CASE(
    "a blocked sink delays neither another one nor the log; the last event leaves at the stop")
{
    AuditFixture fixture;
    const SystemClock clock;
    auto log = AuditLog::open(fixture.files, *fixture.database, clock, fixture.settings());
    REQUIRE(log);
    CountingSink::Count count;
    auto blocked = std::make_unique<BlockedSink>();
    auto& gate = *blocked;
    std::vector<Publisher::NamedSink> sinks;
    sinks.push_back({"blocked", std::move(blocked)});
    sinks.push_back({"siem", std::make_unique<CountingSink>(count)});
    auto publisher =
        Publisher::start(std::move(sinks), **log, fixture.files, clock, fixture.folder / "cursors");
    REQUIRE(publisher);
    count.waitFor(1); // audit.started
    fixture.addMany(30);
    REQUIRE((*log)->integrate());
    (*publisher)->wakeUp();
    count.waitFor(31);
    CHECK((*publisher)->status().at(0).lag == 31);

    REQUIRE((*log)->stop());
    gate.let();
    (*publisher)->stop();
    CHECK(count.events == 32);
    CHECK(count.closed);
    CHECK(*fixture.files.read(fixture.folder / "cursors/siem") ==
          *fixture.files.read(fixture.folder / "cursors/blocked"));
}

TEST_CASE("names of sinks are file names, each once")
{
    AuditFixture fixture;
    const auto log = fixture.mustOpen();
    const auto refused = [&](const std::vector<std::string>& names) {
        std::vector<Publisher::NamedSink> sinks;
        Receiver receiver;
        for (const auto& name : names)
            sinks.push_back({name, std::make_unique<FakeSink>(receiver)});
        const auto started = Publisher::start(
            std::move(sinks), *log, fixture.files, fixture.clock, fixture.folder / "cursors");
        return !started && started.error().kind == ErrorKind::InvalidInput;
    };
    CHECK(refused({""}));
    CHECK(refused({"../key"}));
    CHECK(refused({"a/b"}));
    CHECK(refused({"a.b"}));
    CHECK(refused({std::string(65, 'a')}));
    CHECK(refused({"siem", "siem"}));
    CHECK_FALSE(refused({}));
}
