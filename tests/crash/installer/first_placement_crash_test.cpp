// A first certificate: dies before, during and after every change, and fills the disk at each.
// Whatever happened, the new pair is there whole or nothing is.

#include "tests/crash/installer/order_stage.h"
#include "tests/support/dying_file_system.h"

#include <doctest/doctest.h>
#include <functional>

using namespace perennial;
using perennial::test::DyingFileSystem;
using perennial::test::InstallerHost;
using perennial::test::OrderStage;
using perennial::test::readText;
using perennial::test::reasonOf;
using perennial::test::StoreKind;

namespace {

using Fault = DyingFileSystem::Fault;
using Ask = std::function<model::InstallerMessage(FileSystem&)>;

constexpr StoreKind kinds[] = {StoreKind::Separate, StoreKind::Combined};

InstallerHost::Fields firstPlacing(const OrderStage& stage)
{
    return {{"chain", stage.chain}, {"replaces", ""}};
}

bool isPlaced(OrderStage& stage)
{
    return stage.host.filesIn("tls") == stage.host.liveFiles() && isWholePair(stage) &&
           stage.host.fingerprint() == stage.newFingerprint;
}

bool isNothing(const OrderStage& stage) { return stage.host.filesIn("tls").empty(); }

std::string listed(const OrderStage& stage)
{
    std::string names;
    for (const auto& name : stage.host.filesIn("tls"))
        names += name + " ";
    return names;
}

void disturb(OrderStage& stage, const Ask& ask, const std::function<void()>& check)
{
    stage.remember();
    int changes = 0;
    {
        DyingFileSystem counting(stage.disk);
        const auto answer = ask(counting);
        REQUIRE_MESSAGE(answer.verb == "done", reasonOf(answer));
        changes = counting.changes();
    }
    CHECK(changes >= 4);
    for (int change = 1; change <= changes; ++change) {
        for (const Fault fault : DyingFileSystem::allFaults) {
            CAPTURE(change);
            CAPTURE(static_cast<int>(fault));
            stage.goBack();
            (void)test::diesOrEnds([&] {
                DyingFileSystem disk(stage.disk, {change, fault});
                (void)ask(disk);
                return true;
            });
            // The next connection puts right what there is to put right.
            CHECK(stage.host.ask("discard", {}, "nobody").verb == "done");
            CHECK_MESSAGE((isPlaced(stage) || isNothing(stage)), listed(stage));
            check();
        }
    }
}

} // namespace

TEST_CASE("placing a first certificate: a crash at any change leaves the whole pair, or nothing")
{
    for (const auto kind : kinds) {
        CAPTURE(static_cast<int>(kind));
        OrderStage stage(kind);
        auto& host = stage.host;
        host.empty();
        disturb(
            stage,
            [&](FileSystem& disk) {
                return host.askOf(disk, "place", firstPlacing(stage)).message;
            },
            [&] {
                CHECK(reasonOf(host.ask("place", firstPlacing(stage))) == "done");
                CHECK(isPlaced(stage));
                CHECK(reasonOf(host.ask("switch_back")) == "done");
                CHECK(isNothing(stage));
                CHECK(reasonOf(host.ask("place", firstPlacing(stage))) == "done");
                CHECK(reasonOf(host.ask("finish")) == "done");
                CHECK(isPlaced(stage));
                CHECK(host.files.inspect(host.key)->links == 1);
            });
    }
}

TEST_CASE("taking a first certificate away: a crash at any change, and in the end nothing is left")
{
    for (const auto kind : kinds) {
        CAPTURE(static_cast<int>(kind));
        OrderStage stage(kind);
        auto& host = stage.host;
        host.empty();
        REQUIRE(reasonOf(host.ask("place", firstPlacing(stage))) == "done");
        disturb(
            stage, [&](FileSystem& disk) { return host.askOf(disk, "switch_back").message; },
            [&] {
                CHECK(reasonOf(host.ask("switch_back")) == "done");
                CHECK(isNothing(stage));
                CHECK(reasonOf(host.ask("discard")) == "done");
                CHECK_FALSE(std::filesystem::exists(host.newKeyFile()));
            });
        stage.goBack();
        stage.disk.full = true;
        CHECK(reasonOf(host.askOf(stage.disk, "switch_back").message) == "done");
        CHECK(isNothing(stage));
    }
}

TEST_CASE("what somebody puts at an empty place while the pair is being written stays")
{
    for (const std::string which : {"-key", "-certificate"}) {
        for (const bool whole : {false, true}) {
            CAPTURE(which);
            CAPTURE(whole);
            OrderStage stage(StoreKind::Separate);
            auto& host = stage.host;
            const auto theirs = readText(host.certificate);
            const auto theirKey = readText(host.key);
            host.empty();
            bool done = false;
            stage.disk.meanwhile = [&](const std::filesystem::path& path) {
                const auto name = path.filename().string();
                if (done || name.find("-new-") == std::string::npos || !name.ends_with(which))
                    return;
                done = true;
                if (whole) REQUIRE(host.files.replace(host.key, theirKey));
                REQUIRE(host.files.replace(host.certificate, theirs));
            };
            const auto said =
                reasonOf(host.askOf(stage.disk, "place", firstPlacing(stage)).message);
            CHECK_MESSAGE(said.starts_with("conflict: "), said);
            CHECK(done);
            CHECK(readText(host.certificate) == theirs);
            if (whole) CHECK(readText(host.key) == theirKey);
            CHECK(host.filesIn("tls") ==
                  (whole ? host.liveFiles() : std::set<std::string>{"web.pem"}));
        }
    }
}

TEST_CASE("a read that fails once takes no first certificate away that is in place")
{
    for (const auto kind : kinds) {
        CAPTURE(static_cast<int>(kind));
        OrderStage stage(kind);
        auto& host = stage.host;
        host.empty();
        REQUIRE(reasonOf(host.ask("place", firstPlacing(stage))) == "done");
        stage.remember();
        int reads = 0;
        for (int failing = 0; failing <= reads; ++failing) { // 0: none, to count them
            CAPTURE(failing);
            stage.goBack();
            test::PickyDisk disk(host.files);
            disk.readsOf = host.folder / "tls";
            disk.readThatFails = failing;
            (void)host.askOf(disk, "finish");
            reads = std::max(reads, disk.reads());
            CHECK(isPlaced(stage));
            CHECK(reasonOf(host.ask("finish")) == "done");
            CHECK(isPlaced(stage));
        }
        CHECK(reads >= 2);
        // Taken away at last, whichever read fails on the way.
        reads = 0;
        for (int failing = 0; failing <= reads; ++failing) { // 0: none, to count them
            CAPTURE(failing);
            stage.goBack();
            test::PickyDisk disk(host.files);
            disk.readsOf = host.folder / "tls";
            disk.readThatFails = failing;
            (void)host.askOf(disk, "switch_back");
            reads = std::max(reads, disk.reads());
            CHECK(reasonOf(host.ask("switch_back")) == "done");
            CHECK(isNothing(stage));
        }
    }
}
