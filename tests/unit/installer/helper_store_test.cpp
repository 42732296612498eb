// A store that an administrator's own program reads and writes, well or badly.

#include "agent/installer/helper_store.h"
#include "shared/base/encoding.h"
#include "shared/base/file_lock.h"
#include "shared/base/json.h"
#include "shared/base/transient_unit.h"
#include "tests/support/installer_host.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::InstallerHost;
using perennial::test::readText;
using perennial::test::reasonOf;
using perennial::test::StoreKind;

namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// Every process of a helper holds the lock.
bool nothingOfAHelperRuns(const InstallerHost& host)
{
    return tryLockFile(host.folder / "state/helper.lock").ok();
}

struct Fault {
    const char* what;
    const char* said;
};

// Refused, told, and as before; then everything works.
void checkTakenBack(InstallerHost& host, const std::string& chain, const Fault& fault)
{
    CAPTURE(std::string(fault.what));
    const auto old = readText(host.certificate);
    host.setFault(fault.what);
    const auto answer = reasonOf(host.place(chain));
    CHECK_MESSAGE(contains(answer, fault.said), answer);
    CHECK_FALSE(contains(answer, "PRIVATE KEY"));
    CHECK(readText(host.certificate) == old);
    CHECK(nothingOfAHelperRuns(host));
    CHECK_FALSE(fs::exists(
        host.folder / ("state/orders/" + std::string(InstallerHost::order) + ".previous")));
    host.setFault("");
    CHECK(reasonOf(host.place(chain)) == "done");
    CHECK(host.fingerprint() == x509::Certificate::fromPem(chain)->fingerprint());
    CHECK(host.pairMatches());
    CHECK(reasonOf(host.ask("switch_back")) == "done");
    CHECK(readText(host.certificate) == old);
}

std::string publicKeyOf(const InstallerHost& host)
{
    return toBase64(x509::PrivateKey::fromPem(Secret(host.keyText()))->publicKeyDer());
}

} // namespace

TEST_CASE("a helper gets the guard's arguments, its own processes and nothing of the installer's")
{
    InstallerHost host(StoreKind::Helper);
    host.setFault("inspect environment");
    ::setenv("PERENNIAL_INHERITED", "yes", 1);
    CHECK(reasonOf(host.ask("preflight", {{"size", "1"}})) == "done");
    ::unsetenv("PERENNIAL_INHERITED");
    const auto seen = Json::parse(readText(host.folder / "tls/.seen"));
    REQUIRE(seen);
    CHECK(*seen->find("environment")->string() == "");
    CHECK(seen->find("arguments")->canonical() == "[\"" + (host.folder / "fault") + "\"]");
    CHECK(seen->find("cwd")->canonical() == "\"/\"");
    if (canUseTransientUnits()) return;
    CHECK(*seen->find("pid")->integer() == 2); // of a namespace: all end with it
    // Its input and outputs, the lock, and the folder that it lists.
    CHECK(seen->find("descriptors")->canonical() == R"(["0","1","2","3","4"])");
}

TEST_CASE("whatever an installing helper does wrong: it is killed, told, and the old pair is back")
{
    InstallerHost host(StoreKind::Helper);
    host.writeGuard(
        {{"stores", "[{folder: " + (host.folder / "tls") + host.helperLines("2s") + "}]"},
            {"renewals_per_day", "1000"}});
    REQUIRE(host.makeKey().verb == "done");
    const auto chain = host.issue();
    constexpr Fault faults[] = {
        {"install hang", "did not end within"},
        {"install flood", "wrote more than 262144 bytes"},
        {"install memory", "ended with status 1; it said: Traceback"},
        {"install big-file", "ended with status 1; it said: Traceback"},
        {"install status", "ended with status 3; it said: the store\\u001B[31m is closed"},
        {"install refuse", "permission-denied: helper"},
        {"install refuse", "refused: the token is\\u000Anot there"},
        {"install lie", "corrupt: the helper said that it is done"},
        {"install half", "corrupt: the helper said that it is done"},
        {"install die-before", "unavailable: helper"},
        {"install die-after", "unavailable: helper"},
        {"install garbage", "gave no proper answer"},
        {"install {}", "answer: done is missing"},
        {"install {\"done\":false}", "answer: done must be true"},
        {"install {\"done\":true,\"done\":true}", "gave no proper answer"},
        {"install {\"done\":true,\"more\":1}", "gave no proper answer"},
        {"install {\"done\":\"yes\"}", "gave no proper answer"},
        {"install {\"refused\":\"\"}", "refused must say why"},
    };
    for (const auto& fault : faults)
        checkTakenBack(host, chain, fault);
}

TEST_CASE("what a helper leaves running when it ends is killed with it")
{
    InstallerHost host(StoreKind::Helper);
    REQUIRE(host.makeKey().verb == "done");
    const auto chain = host.issue();
    host.setFault("install fork");
    CHECK(reasonOf(host.place(chain)) == "done");
    CHECK(nothingOfAHelperRuns(host));
}

TEST_CASE("a helper that does not say what is there: nothing is begun")
{
    InstallerHost host(StoreKind::Helper);
    REQUIRE(host.makeKey().verb == "done");
    const auto chain = host.issue();
    const auto old = readText(host.certificate);
    const auto other = host.pki().issue("other", "issuing", {});
    const Json found = Json::Object{
        {"found", true}, {"chain", readText(other.chain)}, {"key", readText(host.newKeyFile())}};
    const std::string mixed = "inspect " + found.canonical();
    const Fault faults[] = {
        {"inspect garbage", "gave no proper answer"},
        {"inspect {\"found\":false}", "not-found: the helper finds nothing"},
        {"inspect {\"found\":true}", "gave no proper answer"},
        {"inspect {\"found\":true,\"chain\":\"x\",\"key\":\"\"}", "key is empty"},
        {"inspect {\"found\":true,\"chain\":\"x\",\"key\":\"y\"}", "holds no certificate"},
        {"inspect status", "ended with status 3"},
        {"inspect refuse", "refused: the token"},
        {mixed.c_str(), "does not belong to the certificate"},
    };
    for (const auto& fault : faults) {
        CAPTURE(std::string(fault.what));
        host.setFault(fault.what);
        for (const char* verb : {"preflight", "lend_keys", "place"}) {
            CAPTURE(verb);
            const auto answer = reasonOf(host.ask(
                verb, {{"size", "1"}, {"chain", chain}, {"replaces", std::string(64, '0')}}));
            CHECK_MESSAGE(contains(answer, fault.said), answer);
            CHECK_FALSE(contains(answer, "PRIVATE KEY"));
        }
        CHECK(readText(host.certificate) == old);
    }
    host.setFault("test refuse");
    const auto tested = reasonOf(host.ask("preflight", {{"size", "1"}}));
    CHECK_MESSAGE(contains(tested, ", test refused: the token is"), tested);
}

TEST_CASE("a helper that others could have changed is not run")
{
    InstallerHost host(StoreKind::Helper);
    REQUIRE(host.makeKey().verb == "done");
    const auto chain = host.issue();
    const auto old = readText(host.certificate);
    const auto helper = host.folder / "helper";
    const auto guarded = [&](const std::string& program) {
        host.writeGuard({{"stores", "[{folder: " + (host.folder / "tls") + ", helper: [" + program +
                                        ", " + (host.folder / "fault") + "]}]"}});
    };
    const auto checkNotRun = [&](const std::string& why) {
        CAPTURE(why);
        host.setFault("any environment"); // would leave .seen
        for (const char* verb : {"preflight", "lend_keys", "place"}) {
            const auto answer = reasonOf(host.ask(
                verb, {{"size", "1"}, {"chain", chain}, {"replaces", host.fingerprint()}}));
            CHECK_MESSAGE(contains(answer, why), answer);
        }
        CHECK_FALSE(fs::exists(host.folder / "tls/.seen"));
        CHECK(readText(host.certificate) == old);
    };
    ::chmod(helper.c_str(), 0775);
    checkNotRun("writable by its group or by others");
    ::chmod(helper.c_str(), 0757);
    checkNotRun("writable by its group or by others");
    ::chmod(helper.c_str(), 0644);
    checkNotRun("may not be executed");
    ::chmod(helper.c_str(), 0755);
    fs::create_symlink(helper, host.folder / "link");
    guarded(host.folder / "link");
    checkNotRun("not a regular file");
    fs::create_directories(host.folder / "open/deeper");
    fs::copy(helper, host.folder / "open/deeper/helper");
    ::chmod((host.folder / "open").c_str(), 0777);
    guarded(host.folder / "open/deeper/helper");
    checkNotRun("writable by its group or by others");
    ::chmod((host.folder / "open").c_str(), 0755);
    fs::create_directory_symlink(host.folder / "open", host.folder / "way");
    guarded(host.folder / "way/deeper/helper");
    checkNotRun("is a symbolic link");
    guarded(host.folder / "none");
    checkNotRun("not-found");
    if (::geteuid() == 0) {
        REQUIRE(::chown((host.folder / "open/deeper/helper").c_str(), 65534, 0) == 0);
        guarded(host.folder / "open/deeper/helper");
        checkNotRun("is owned by user 65534");
    } else {
        MESSAGE("skipped here: a helper of another user (needs root)");
    }
    guarded(helper);
    host.setFault("");
    CHECK(reasonOf(host.place(chain)) == "done");
}

TEST_CASE("an administrator's change wins over a helper's order")
{
    InstallerHost host(StoreKind::Helper);
    REQUIRE(host.makeKey().verb == "done");
    const auto chain = host.issue();
    const auto& admins = host.pki().issue("admins", "issuing", {});
    const auto theirs = readText(admins.key) + readText(admins.chain);
    (void)host.folder.write("fault.theirs", theirs);
    SUBCASE("a moment before it is replaced")
    {
        host.setFault("install changed");
        CHECK(reasonOf(host.place(chain)).find("conflict: ") == 0);
        CHECK(readText(host.certificate) == theirs);
    }
    SUBCASE("after it was replaced")
    {
        CHECK(reasonOf(host.place(chain)) == "done");
        (void)host.folder.write("tls/web.pem", theirs);
        CHECK(reasonOf(host.ask("switch_back")) == "done"); // there is nothing of ours any more
        CHECK(readText(host.certificate) == theirs);
    }
}

TEST_CASE("a helper that does not bring the old pair back: said, kept and tried again")
{
    InstallerHost host(StoreKind::Helper);
    REQUIRE(host.makeKey().verb == "done");
    const auto chain = host.issue();
    const auto old = readText(host.certificate);
    CHECK(reasonOf(host.place(chain)) == "done");
    host.setFault("rollback lie");
    CHECK(contains(reasonOf(host.ask("switch_back")), "did not bring the old pair back"));
    CHECK(host.pairMatches());
    host.setFault("rollback hang");
    host.writeGuard(
        {{"stores", "[{folder: " + (host.folder / "tls") + host.helperLines("1s") + "}]"}});
    CHECK(contains(reasonOf(host.ask("switch_back")), "did not end within"));
    host.setFault("");
    CHECK(reasonOf(host.ask("switch_back")) == "done");
    CHECK(readText(host.certificate) == old);
}

TEST_CASE("when an order is over, the helper hears which key goes, until it has worked")
{
    InstallerHost host(StoreKind::Helper);
    REQUIRE(host.makeKey().verb == "done");
    const auto oldKey = publicKeyOf(host);
    CHECK(reasonOf(host.place(host.issue())) == "done");
    const auto previous =
        host.folder / ("state/orders/" + std::string(InstallerHost::order) + ".previous");
    CHECK(host.modeOf(previous) == 0600);
    host.setFault("finish refuse");
    CHECK(contains(reasonOf(host.ask("finish")), "finish refused"));
    CHECK(fs::exists(previous));
    host.setFault("finish note");
    CHECK(host.ask("discard", {}, "nobody").verb == "done"); // any caller's process clears away
    CHECK(readText(host.folder / "tls/.unwanted") == oldKey);
    CHECK_FALSE(fs::exists(previous));
    CHECK_FALSE(fs::exists(host.newKeyFile()));
}

TEST_CASE("an entry is a name in the helper's folder, the same for key and certificate")
{
    InstallerHost host(StoreKind::Helper);
    const auto asked = [&](const std::string& certificate, const std::string& key) {
        return reasonOf(host.ask(
            "preflight", {{"size", "1"}, {"slot.certificate", certificate}, {"slot.key", key}}));
    };
    const auto tls = host.folder / "tls";
    CHECK(contains(asked(tls + "/web.pem", tls + "/other"), "has entries"));
    fs::create_directory(tls + "/deeper");
    CHECK(contains(asked(tls + "/deeper/web", tls + "/deeper/web"), "has entries"));
    CHECK(contains(asked(tls + "/nothing", tls + "/nothing"), "finds nothing"));
    CHECK(contains(asked(tls + "/.web", tls + "/.web"), "hidden"));
    CHECK(asked(tls + "/web.pem", tls + "/web.pem") == "done");
}
