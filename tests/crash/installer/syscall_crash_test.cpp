// The same as placement_crash_test.cpp one level down: strace kills the process before each system
// call that changes the disk, or makes the call fail.

#include "tests/crash/installer/order_stage.h"
#include "tests/support/dying_file_system.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::isWholePair;
using perennial::test::OrderStage;
using perennial::test::readText;
using perennial::test::reasonOf;

namespace {

constexpr const char* strace = "/usr/bin/strace";
constexpr const char* witness = "one request for the witness";

// Runs this program's witness under strace.
test::ToolRun underStrace(const OrderStage& stage, const std::string& injection)
{
    const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    return test::runTool({"/usr/bin/env", "ASAN_OPTIONS=detect_leaks=0",
        "PERENNIAL_WITNESS=" + stage.host.folder.path().string(), strace, "-f", "-o",
        stage.host.folder / "trace", "-e", "trace=" + injection.substr(0, injection.find(':')),
        "-e", "inject=" + injection, self, std::string("--test-case=") + witness, "--no-intro"});
}

void writeRequest(
    const OrderStage& stage, const std::string& verb, test::InstallerHost::Fields fields)
{
    fields["order"] = test::InstallerHost::order;
    if (verb == "place") {
        fields["slot.certificate"] = stage.host.certificate;
        fields["slot.key"] = stage.host.key;
    }
    (void)stage.host.folder.write("request", *model::encode({verb, fields}));
}

struct Fault {
    const char* call;
    const char* error;
};
// What a failing disk says at each.
constexpr Fault faults[] = {{"fsync", "EIO"}, {"renameat", "EROFS"}, {"linkat", "EMLINK"},
    {"unlinkat", "EIO"}, {"write", "ENOSPC"}, {"pwrite64", "ENOSPC"}, {"fchmod", "EPERM"},
    {"fchown", "EPERM"}, {"mkdirat", "ENOSPC"}, {"symlinkat", "ENOSPC"}, {"fremovexattr", "EIO"}};

void disturbEachCall(
    OrderStage& stage, const std::string& verb, const test::InstallerHost::Fields& fields)
{
    int killed = 0;
    for (const auto& [call, error] : faults) {
        for (const std::string& what :
            {std::string("signal=KILL"), std::string("error=") + error}) {
            const int turn = what == "signal=KILL" ? 1 : 2;
            for (int at = 1; at < 100; ++at) {
                if (test::DyingFileSystem::isThinned && at % 3 != turn) continue;
                stage.goBack();
                writeRequest(stage, verb, fields);
                const auto injection =
                    std::string(call) + ":" + what + ":when=" + std::to_string(at);
                CAPTURE(verb);
                CAPTURE(injection);
                const auto run = underStrace(stage, injection);
                const auto trace = readText(stage.host.folder / "trace");
                const bool hit = run.status == 137 || trace.find("INJECTED") != std::string::npos;
                if (!hit) break;
                killed += run.status == 137 ? 1 : 0;
                checkNothingIsTornOrOpen(stage);
                if (run.status != 137) CHECK(isWholePair(stage));
                CHECK(stage.host.ask("discard", {}, "nobody").verb == "done");
                CHECK(isWholePair(stage));
                checkNothingIsTornOrOpen(stage);
                CHECK(reasonOf(stage.host.ask(verb, fields)) == "done");
                CHECK(isWholePair(stage));
                for (const auto& name : stage.host.filesIn("tls"))
                    CHECK_FALSE(isTemporaryName(name));
            }
        }
    }
    CHECK(killed > (test::DyingFileSystem::isThinned ? 1 : 10));
}

} // namespace

TEST_CASE("one request for the witness")
{
    const char* folder = std::getenv("PERENNIAL_WITNESS");
    if (folder == nullptr) { // not under strace: the request is made here
        OrderStage stage(test::StoreKind::Separate);
        CHECK(reasonOf(stage.host.ask("place", stage.placing())) == "done");
        return;
    }
    const auto guard = installer::loadGuard(std::string(folder) + "/guard.yaml");
    const auto request = model::decodeInstallerMessage(readText(std::string(folder) + "/request"));
    REQUIRE(guard);
    REQUIRE(request);
    PosixFileSystem files(PosixFileSystem::Links::Refuse);
    const SystemClock clock;
    const Log log("witness", LogLevel::Error);
    installer::Installer asked(files, clock, *guard, log);
    if (asked.recover()) (void)asked.handle(*request);
}

TEST_CASE("a kill or an error at any system call leaves one whole pair")
{
    for (const auto kind : test::allStoreKinds) {
        if (isHelper(kind)) continue; // the helper's calls would be counted too: helper_crash_test
        CAPTURE(static_cast<int>(kind));
        OrderStage stage(kind);
        stage.remember();
        writeRequest(stage, "place", stage.placing());
        const auto undisturbed = underStrace(stage, "fsync:error=EIO:when=1000");
        if (undisturbed.status != 0) {
            MESSAGE("skipped here: strace cannot trace: " << undisturbed.output);
            return;
        }
        REQUIRE(stage.host.fingerprint() == stage.newFingerprint);
        disturbEachCall(stage, "place", stage.placing());
    }
}

TEST_CASE("a kill or an error at any system call of switch_back and finish leaves one whole pair")
{
    const std::pair<const char*, test::StoreKind> cases[] = {
        {"switch_back", test::StoreKind::Separate}, {"switch_back", test::StoreKind::Versioned},
        {"finish", test::StoreKind::Separate}, {"finish", test::StoreKind::Versioned}};
    for (const auto& [verb, kind] : cases) {
        CAPTURE(verb);
        CAPTURE(static_cast<int>(kind));
        OrderStage stage(kind);
        REQUIRE(stage.host.ask("place", stage.placing()).verb == "done");
        stage.remember();
        writeRequest(stage, verb, {});
        if (underStrace(stage, "fsync:error=EIO:when=1000").status != 0) {
            MESSAGE("skipped here: strace cannot trace");
            return;
        }
        disturbEachCall(stage, verb, {});
    }
}
