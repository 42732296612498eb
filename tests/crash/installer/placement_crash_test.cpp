// Dies before, during and after every change that place, switch_back, finish, make_key and discard
// make, and fills the disk at each. Whatever happened, the pair in place is the old one or the new
// one.

#include "tests/crash/installer/order_stage.h"
#include "tests/support/dying_file_system.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <functional>

using namespace perennial;
using perennial::test::diesOrEnds;
using perennial::test::DyingFileSystem;
using perennial::test::InstallerHost;
using perennial::test::isWholePair;
using perennial::test::OrderStage;
using perennial::test::readText;
using perennial::test::reasonOf;

namespace fs = std::filesystem;

namespace {

using Fault = DyingFileSystem::Fault;

using Verb = std::function<model::InstallerMessage(OrderStage&, FileSystem&)>;

// Runs the verb once undisturbed to count its changes, then once for each change and fault.
void disturb(
    OrderStage& stage, const Verb& verb, const std::function<void(OrderStage&, Fault)>& check)
{
    stage.remember();
    int changes = 0;
    {
        DyingFileSystem counting(stage.disk);
        const auto answer = verb(stage, counting);
        REQUIRE_MESSAGE(answer.verb == "done", reasonOf(answer));
        changes = counting.changes();
    }
    CHECK(changes >= 3); // a run that changes nothing tests nothing
    for (int change = 1; change <= changes; ++change) {
        for (const Fault fault : DyingFileSystem::faultsAt(change)) {
            // Each run starts a helper some ten times; what differs only inside one file is
            // skipped.
            const bool told = fault == Fault::DieBefore || fault == Fault::Fail;
            if (isHelper(stage.host.kind) && told) continue;
            CAPTURE(change);
            CAPTURE(static_cast<int>(fault));
            stage.goBack();
            const bool died = diesOrEnds([&] {
                DyingFileSystem disk(stage.disk, {change, fault});
                (void)verb(stage, disk);
                return true;
            });
            CHECK(died == (fault != Fault::Fail && fault != Fault::FailForGood));
            checkNothingIsTornOrOpen(stage);
            // An error leaves no half, unless the disk takes nothing more at all.
            if (fault == Fault::Fail) CHECK(isWholePair(stage));
            // The next connection puts right what there is to put right.
            CHECK(stage.host.ask("discard", {}, "nobody").verb == "done");
            CHECK(isWholePair(stage));
            checkNothingIsTornOrOpen(stage);
            check(stage, fault);
        }
    }
}

void finishAndCheckNothingIsLeft(OrderStage& stage)
{
    auto& host = stage.host;
    CHECK(reasonOf(host.ask("place", stage.placing())) == "done");
    CHECK(host.fingerprint() == stage.newFingerprint);
    CHECK(reasonOf(host.ask("finish")) == "done");
    CHECK(host.filesIn("tls") == host.liveFiles());
    CHECK(host.filesIn("state/orders") ==
          std::set<std::string>{std::string(InstallerHost::order) + ".json"});
}

const Verb place = [](OrderStage& stage, FileSystem& disk) {
    return stage.host.askOf(disk, "place", stage.placing()).message;
};

} // namespace

TEST_CASE(
    "place: a crash or a full disk at any change leaves one whole pair, and it can be done again")
{
    for (const auto kind : test::allStoreKinds) {
        CAPTURE(static_cast<int>(kind));
        OrderStage stage(kind);
        disturb(stage, place, [](OrderStage& after, Fault) {
            auto& host = after.host;
            if (host.fingerprint() == after.oldFingerprint) {
                CHECK(host.filesIn("tls") == host.liveFiles()); // nothing else lies about
                CHECK(fs::exists(host.newKeyFile()));
            } else {
                CHECK(reasonOf(host.ask("switch_back")) == "done"); // the way back is there
                CHECK(host.fingerprint() == after.oldFingerprint);
                CHECK(isWholePair(after));
            }
            finishAndCheckNothingIsLeft(after);
        });
    }
}

TEST_CASE(
    "switch_back: a crash or a full disk at any change leaves one whole pair, and back is reached")
{
    for (const auto kind : test::allStoreKinds) {
        CAPTURE(static_cast<int>(kind));
        OrderStage stage(kind);
        REQUIRE(place(stage, stage.host.files).verb == "done");
        disturb(
            stage,
            [](OrderStage& before, FileSystem& disk) {
                return before.host.askOf(disk, "switch_back").message;
            },
            [](OrderStage& after, Fault) {
                CHECK(reasonOf(after.host.ask("switch_back")) == "done");
                CHECK(after.host.fingerprint() == after.oldFingerprint);
                CHECK(after.host.filesIn("tls") == after.host.liveFiles());
                finishAndCheckNothingIsLeft(after);
            });
    }
}

TEST_CASE("switching back works on a disk that is full and stays full")
{
    for (const auto kind : test::allStoreKinds) {
        CAPTURE(static_cast<int>(kind));
        OrderStage stage(kind);
        REQUIRE(place(stage, stage.host.files).verb == "done");

        stage.disk.full = true;
        CHECK(reasonOf(stage.host.askOf(stage.disk, "switch_back").message) == "done");
        CHECK(stage.host.fingerprint() == stage.oldFingerprint);
        CHECK(stage.host.pairMatches());
        CHECK(reasonOf(stage.host.askOf(stage.disk, "switch_back").message) == "done");
        stage.disk.full = false;
        finishAndCheckNothingIsLeft(stage);
    }
}

TEST_CASE(
    "finish: whatever happens, the new pair stays, and in the end nothing of the old key is left")
{
    for (const auto kind : test::allStoreKinds) {
        CAPTURE(static_cast<int>(kind));
        OrderStage stage(kind);
        REQUIRE(place(stage, stage.host.files).verb == "done");
        disturb(
            stage,
            [](OrderStage& before, FileSystem& disk) {
                return before.host.askOf(disk, "finish").message;
            },
            [](OrderStage& after, Fault) {
                CHECK(after.host.fingerprint() == after.newFingerprint);
                CHECK(reasonOf(after.host.ask("finish")) == "done");
                CHECK(after.host.filesIn("tls") == after.host.liveFiles());
                CHECK_FALSE(fs::exists(after.host.newKeyFile()));
            });
    }
}

TEST_CASE("make_key and discard: a key is there whole, or not at all")
{
    OrderStage stage(test::StoreKind::Separate);
    constexpr const char* second = "0198c6d2-0000-7000-8000-000000000002";
    REQUIRE(stage.host.ask("discard").verb == "done");
    SUBCASE("make_key")
    {
        disturb(
            stage,
            [](OrderStage& before, FileSystem& disk) {
                return before.host.askOf(disk, "make_key", {{"key_type", "ec-p256"}}, second)
                    .message;
            },
            [](OrderStage& after, Fault) {
                const auto made = after.host.makeKey(second);
                CHECK(reasonOf(made) == "done");
                CHECK(after.host.makeKey(second) == made);
                CHECK(reasonOf(after.host.ask("discard", {}, second)) == "done");
                CHECK_FALSE(fs::exists(after.host.newKeyFile(second)));
            });
    }
    SUBCASE("discard")
    {
        REQUIRE(stage.host.makeKey(second).verb == "done");
        disturb(
            stage,
            [](OrderStage& before, FileSystem& disk) {
                return before.host.askOf(disk, "discard", {}, second).message;
            },
            [](OrderStage& after, Fault) {
                CHECK(reasonOf(after.host.ask("discard", {}, second)) == "done");
                CHECK_FALSE(fs::exists(after.host.newKeyFile(second)));
                CHECK(after.host.fingerprint() == after.oldFingerprint);
            });
    }
}

TEST_CASE("a disk without hard links, or where linking fails, keeps the old pair as a copy")
{
    OrderStage stage(test::StoreKind::Separate);
    stage.disk.links = false;
    disturb(stage, place, [](OrderStage& after, Fault) {
        if (after.host.fingerprint() == after.newFingerprint)
            CHECK(reasonOf(after.host.askOf(after.disk, "switch_back").message) == "done");
        finishAndCheckNothingIsLeft(after);
    });
}

TEST_CASE("what somebody else puts in place while the new pair is being written stays")
{
    for (const bool combined : {false, true}) {
        CAPTURE(combined);
        OrderStage stage(combined ? test::StoreKind::Combined : test::StoreKind::Separate);
        auto& host = stage.host;
        test::TestCertificateContent content;
        content.commonName = "web1.example.test";
        const auto& admins = host.pki().issue("admins", "issuing", content);
        const auto theirs = readText(admins.certificate);
        bool done = false;
        stage.disk.meanwhile = [&](const fs::path& path) {
            // The last file to be written before the renames.
            if (done || path.filename().string().find("-new-") == std::string::npos) return;
            if (!combined && !path.string().ends_with("-certificate")) return;
            done = true;
            if (!combined) REQUIRE(host.files.replace(host.key, readText(admins.key)));
            REQUIRE(host.files.replace(
                host.certificate, combined ? readText(admins.key) + theirs : theirs));
        };
        CHECK(
            reasonOf(host.askOf(stage.disk, "place", stage.placing()).message).find("conflict: ") ==
            0);
        CHECK(done);
        CHECK(readText(host.certificate) == (combined ? readText(admins.key) + theirs : theirs));
        CHECK(readText(host.key) == (combined ? readText(host.certificate) : readText(admins.key)));
        CHECK(host.filesIn("tls") == host.liveFiles());
    }
}

TEST_CASE("preflight sees a full disk, and leaves nothing of its own")
{
    OrderStage stage(test::StoreKind::Separate);
    auto& host = stage.host;
    CHECK(reasonOf(host.askOf(stage.disk, "preflight", {{"size", "20000"}}).message) == "done");
    CHECK(host.filesIn("tls") == host.liveFiles());
    stage.disk.full = true;
    const auto refused = reasonOf(host.askOf(stage.disk, "preflight", {{"size", "20000"}}).message);
    CHECK(refused.find("internal: No space left on device") == 0);
    stage.disk.full = false;
    int changes = 0;
    {
        DyingFileSystem counting(stage.disk);
        (void)host.askOf(counting, "preflight", {{"size", "20000"}});
        changes = counting.changes();
    }
    for (int change = 1; change <= changes; ++change) {
        CAPTURE(change);
        DyingFileSystem failing(stage.disk, {change, Fault::FailForGood});
        (void)host.askOf(failing, "preflight", {{"size", "20000"}});
        CHECK(host.filesIn("tls") == host.liveFiles());
    }
    for (const char* size : {"", "-1", "x", "262145", "1e3", "99999999999999999999"})
        CHECK(
            reasonOf(host.ask("preflight", {{"size", size}})).find("invalid-input: size is") == 0);
}

TEST_CASE("going back is reached whichever read fails on the way")
{
    using test::StoreKind;
    for (const auto kind : {StoreKind::Separate, StoreKind::OwnChain, StoreKind::Versioned}) {
        CAPTURE(static_cast<int>(kind));
        OrderStage stage(kind);
        auto& host = stage.host;
        REQUIRE(reasonOf(host.ask("place", stage.placing())) == "done");
        stage.remember();
        int reads = 0;
        for (int failing = 0; failing <= reads; ++failing) { // 0: none, to count them
            CAPTURE(failing);
            stage.goBack();
            test::PickyDisk disk(host.files);
            disk.readsOf = host.folder / "tls";
            disk.readThatFails = failing;
            (void)host.askOf(disk, "switch_back");
            reads = std::max(reads, disk.reads());
            CHECK(reasonOf(host.ask("switch_back")) == "done");
            CHECK(host.fingerprint() == stage.oldFingerprint);
            CHECK(host.pairMatches());
        }
        CHECK(reads >= 2);
    }
}
