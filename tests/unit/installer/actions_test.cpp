#include "agent/installer/actions.h"
#include "shared/base/transient_unit.h"
#include "tests/support/installer_host.h"

#include <csignal>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using installer::ProgramAction;
using installer::runAction;
using installer::SignalAction;
using perennial::test::InstallerHost;
using perennial::test::reasonOf;
using perennial::test::TemporaryFolder;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

std::string script(const TemporaryFolder& folder, const std::string& name, const std::string& text)
{
    return folder.write(name, "#!/bin/sh\n" + text + "\n", 0755);
}

ProgramAction running(std::vector<std::string> words)
{
    return {{}, std::move(words), Duration(20)};
}

std::string errorOf(const installer::Action& action)
{
    const auto outcome = runAction(action);
    return outcome ? "it ran" : outcome.error().message;
}

} // namespace

TEST_CASE("a program runs with the guard's arguments, three variables and nothing else")
{
    const TemporaryFolder folder;
    ::setenv("LD_PRELOAD_TEST", "inherited", 1);
    const auto tool = script(folder, "tool",
        "/usr/bin/env | /usr/bin/sort; echo \"$# $1 $2\"; pwd; ls /proc/self/fd | wc -l");
    const auto outcome = runAction(running({tool, "-s", "two words; $(id)"}));
    ::unsetenv("LD_PRELOAD_TEST");
    REQUIRE(outcome);
    CHECK(outcome->status == 0);
    CHECK(contains(outcome->output, "HOME=/"));
    CHECK(contains(outcome->output, "LANG=C.UTF-8"));
    CHECK(contains(outcome->output, "PATH=/usr/sbin:/usr/bin:/sbin:/bin"));
    CHECK_FALSE(contains(outcome->output, "inherited"));
    CHECK(contains(outcome->output, "2 -s two words; $(id)"));
}

TEST_CASE("exit status and output are told, made printable and cut at 4 KB")
{
    const TemporaryFolder folder;
    const auto tool = script(folder, "tool",
        "printf 'out\\033[31m'; printf 'err\\n' >&2; i=0; while [ $i -lt 900 ]; do echo "
        "0123456789; i=$((i+1)); done; exit 7");
    const auto outcome = runAction(running({tool}));
    REQUIRE(outcome);
    CHECK(outcome->status == 7);
    CHECK(outcome->output.starts_with("out\\u001B[31m"));
    CHECK(outcome->output.size() <= 4096 + 3);
    CHECK(outcome->output.ends_with("..."));
}

TEST_CASE("the check runs first, and when it fails nothing else runs")
{
    const TemporaryFolder folder;
    const auto mark = folder / "mark";
    const auto good = script(folder, "good", "exit 0");
    const auto bad = script(folder, "bad", "echo 'unknown directive'; exit 3");
    const auto reload = script(folder, "reload", "echo done > " + mark);
    const auto failed = runAction(ProgramAction{{bad}, {reload}, Duration(20)});
    REQUIRE(failed);
    CHECK(failed->status == 3);
    CHECK(failed->output.starts_with("the check failed: unknown directive"));
    CHECK_FALSE(std::filesystem::exists(mark));
    const auto worked = runAction(ProgramAction{{good}, {reload}, Duration(20)});
    REQUIRE(worked);
    CHECK(worked->status == 0);
    CHECK(std::filesystem::exists(mark));
}

TEST_CASE("a program that hangs is killed at its time limit")
{
    const TemporaryFolder folder;
    const auto tool = script(folder, "tool", "exec /usr/bin/sleep 100");
    CHECK(contains(
        errorOf(ProgramAction{{}, {tool}, Duration(1)}), "did not end within 1s and was killed"));
    CHECK(runAction(ProgramAction{{}, {tool}, Duration(1)}).error().kind == ErrorKind::Unavailable);
}

TEST_CASE("a program that others could have changed is not run")
{
    const TemporaryFolder folder;
    const auto mark = folder / "mark";
    const auto tool = script(folder, "tool", "touch " + mark);
    REQUIRE(::chmod(tool.c_str(), 0775) == 0);
    CHECK(contains(errorOf(running({tool})), tool + " is writable by its group"));
    REQUIRE(::chmod(tool.c_str(), 0757) == 0);
    CHECK(contains(errorOf(running({tool})), tool + " is writable by its group"));
    REQUIRE(::chmod(tool.c_str(), 0644) == 0);
    CHECK(contains(errorOf(running({tool})), "may not be executed"));
    REQUIRE(::chmod(tool.c_str(), 0755) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0777) == 0);
    CHECK(contains(errorOf(running({tool})), folder.path().string() + " is writable by its group"));
    REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
    std::filesystem::create_symlink(tool, folder / "link");
    CHECK(contains(errorOf(running({folder / "link"})), "is not a regular file"));
    CHECK(contains(errorOf(running({folder / "none"})), "No such file"));
    // A check is a program too.
    REQUIRE(::chmod(tool.c_str(), 0775) == 0);
    CHECK(contains(
        errorOf(ProgramAction{{tool}, {"/bin/true"}, Duration(20)}), "is writable by its group"));
    if (::geteuid() == 0) {
        REQUIRE(::chmod(tool.c_str(), 0755) == 0);
        REQUIRE(::chown(tool.c_str(), 4242, 0) == 0);
        CHECK(contains(errorOf(running({tool})), "is owned by user 4242"));
    }
    CHECK_FALSE(std::filesystem::exists(mark));
}

TEST_CASE("a signal reaches the process of the pid file, and only one that lives")
{
    const TemporaryFolder folder;
    test::ChildProcess service(
        {"/usr/bin/sleep", "1000"}); // USR1 ends it; HUP may be ignored here (nohup)
    const auto pidFile = folder.write("service.pid", std::to_string(service.pid()) + "\n", 0644);
    const auto outcome = runAction(SignalAction{SIGUSR1, pidFile});
    REQUIRE_MESSAGE(outcome, outcome.error().message);
    CHECK(outcome->status == 0);
    while (service.running())
        ::poll(nullptr, 0, 5);
    CHECK(service.stop() == 128 + SIGUSR1);
    // Down: nothing starts it, and the answer says so.
    const auto down = runAction(SignalAction{SIGUSR1, pidFile});
    REQUIRE_FALSE(down);
    CHECK(down.error().kind == ErrorKind::NotFound);
    CHECK(
        runAction(SignalAction{SIGUSR1, folder / "none.pid"}).error().kind == ErrorKind::NotFound);
}

TEST_CASE("a pid file must be one that nobody else can write, with a number and nothing else")
{
    const TemporaryFolder folder;
    const auto own = std::to_string(::getpid());
    for (const auto& text : {std::string("1"), std::string("0"), "-" + own, " " + own, own + " ",
             own + "\n\n", "0" + own, own + "\nx", std::string(),
             std::string("99999999999999999999"), std::string("abc")}) {
        CAPTURE(text);
        CHECK(contains(errorOf(SignalAction{SIGURG, folder.write("x.pid", text, 0644)}),
            "does not hold a process's number"));
    }
    const auto file = folder.write("x.pid", own, 0666);
    CHECK(contains(errorOf(SignalAction{SIGURG, file}), "is writable by its group"));
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    CHECK(errorOf(SignalAction{SIGURG, file}) == "it ran"); // ignored by default
}

TEST_CASE("a check that fails keeps a signal back")
{
    const TemporaryFolder folder;
    const auto none = folder / "none.pid"; // so that a signal would be an error
    const auto outcome =
        runAction(SignalAction{SIGURG, none, {script(folder, "check", "echo no good; exit 3")}});
    REQUIRE(outcome);
    CHECK(outcome->status == 3);
    CHECK(contains(outcome->output, "the check failed: no good"));
    CHECK(runAction(SignalAction{SIGURG, none, {script(folder, "good", "exit 0")}}).error().kind ==
          ErrorKind::NotFound);
}

TEST_CASE("under systemd a program becomes a unit of its own, with its words unchanged")
{
    Command command;
    command.program = "/usr/sbin/nginx";
    command.arguments = {"-s", "reload", "-g", "user $USER;"};
    command.environment = {{"PATH", "/usr/bin"}};
    command.timeout = Duration(30);
    const auto unit = asTransientUnit(command);
    CHECK(unit.program == "/usr/bin/systemd-run");
    CHECK(unit.arguments == std::vector<std::string>{"--quiet", "--collect", "--wait", "--pipe",
                                "--service-type=exec", "--property=RuntimeMaxSec=30",
                                "--working-directory=/", "--setenv=PATH=/usr/bin", "--",
                                "/usr/sbin/nginx", "-s", "reload", "-g", "user $$USER;"});
    CHECK(unit.timeout == Duration(35));
    CHECK(unit.environment == command.environment);
}

TEST_CASE(
    "act does what the guard names, after something was placed, and nothing that a message says")
{
    InstallerHost host;
    const auto tool = script(host.folder, "tool", "echo \"reloaded $#\"; exit 4");
    host.writeGuard({{"actions", "{reload: {run: [" + tool + "]}}"}});
    CHECK(contains(reasonOf(host.ask("act", {{"action", "reload"}})), "not-found"));
    (void)host.makeKey();
    CHECK(contains(reasonOf(host.ask("act", {{"action", "reload"}})),
        "conflict: the order has changed nothing"));
    (void)host.place(host.issue());
    const auto acted = host.ask("act", {{"action", "reload"}});
    CHECK(acted.field("status") == "4");
    CHECK(contains(acted.field("output"), "reloaded 0"));
    for (const char* name : {"", "restart", "reload ", "../reload", "/bin/true"})
        CHECK(contains(reasonOf(host.ask("act", {{"action", name}})),
            "permission-denied: the guard has no such action"));
    CHECK(contains(reasonOf(host.ask("preflight", {{"size", "1"}, {"action", "restart"}})),
        "the guard has no such action"));
    (void)host.ask("switch_back");
    CHECK(host.ask("act", {{"action", "reload"}}).field("status") ==
          "4"); // so that the old one is served again
    CHECK(reasonOf(host.ask("discard")) == "done");
    CHECK(contains(
        reasonOf(host.ask("act", {{"action", "reload"}})), "conflict: the order has ended"));
}

TEST_CASE("preflight looks at the action's programs: no certificate is asked for in vain")
{
    InstallerHost host;
    const auto tool = script(host.folder, "tool", "exit 0");
    const auto preflight = [&](const std::string& action) {
        host.writeGuard({{"actions", "{reload: " + action + "}"}});
        return reasonOf(host.ask("preflight", {{"size", "1"}, {"action", "reload"}}));
    };
    CHECK(preflight("{run: [" + tool + "]}") == "done");
    CHECK(contains(preflight("{run: [" + tool + "-gone]}"), "reload"));
    CHECK(contains(preflight("{check: [" + tool + "-gone], run: [" + tool + "]}"), "check"));
    REQUIRE(::chmod(tool.c_str(), 0777) == 0);
    CHECK(contains(preflight("{run: [" + tool + "]}"), "tool"));
}
