// The installer is killed while a helper works; placement_crash_test.cpp kills it at its own
// changes.

#include "tests/crash/installer/order_stage.h"

#include <csignal>
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::isWholePair;
using perennial::test::OrderStage;
using perennial::test::reasonOf;
using perennial::test::StoreKind;

namespace {

// Asks in a child, which is killed when the helper has come as far as its fault.
void killWhileHelping(
    OrderStage& stage, const std::string& verb, const test::InstallerHost::Fields& fields)
{
    auto& host = stage.host;
    const auto mark = host.folder / "tls/.hanging";
    const pid_t child = ::fork();
    if (child == 0) {
        (void)host.ask(verb, fields);
        ::_exit(0);
    }
    const SystemClock clock;
    const auto end = clock.monotonic() + Duration(60);
    while (!std::filesystem::exists(mark) && clock.monotonic() < end)
        ::sched_yield();
    REQUIRE(std::filesystem::exists(mark));
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    std::filesystem::remove(mark);
    host.setFault("");
}

} // namespace

TEST_CASE(
    "an installer killed while its helper works: the helper dies too, and the old pair is there")
{
    OrderStage stage(StoreKind::Helper);
    auto& host = stage.host;
    host.setFault("install hang");
    killWhileHelping(stage, "place", stage.placing());
    // Waits until nothing of the killed helper is left, then settles.
    CHECK(host.ask("discard", {}, "nobody").verb == "done");
    CHECK(isWholePair(stage));
    CHECK(host.fingerprint() == stage.oldFingerprint);
    CHECK(reasonOf(host.ask("place", stage.placing())) == "done");

    host.setFault("rollback hang");
    killWhileHelping(stage, "switch_back", {});
    CHECK(host.ask("discard", {}, "nobody").verb == "done");
    CHECK(isWholePair(stage));
    CHECK(reasonOf(host.ask("switch_back")) == "done");
    CHECK(host.fingerprint() == stage.oldFingerprint);

    CHECK(reasonOf(host.ask("place", stage.placing())) == "done");
    host.setFault("finish hang");
    killWhileHelping(stage, "finish", {});
    CHECK(reasonOf(host.ask("finish")) == "done");
    CHECK(host.fingerprint() == stage.newFingerprint);
    CHECK(host.filesIn("state/orders") ==
          std::set<std::string>{std::string(test::InstallerHost::order) + ".json"});
}
