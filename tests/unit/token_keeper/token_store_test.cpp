// The installer over a real keeper and a token of SoftHSM2: a certificate in a file, its key in the
// token.

#include "shared/base/unix_socket.h"
#include "tests/crash/installer/picky_disk.h"
#include "tests/support/dying_file_system.h"
#include "tests/support/token_service.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

using Names = std::set<std::string>;
using Fault = DyingFileSystem::Fault;

const std::string newKeyId = toHex(x509::sha256(InstallerHost::order).substr(0, 20));

// Names and ids of the token's keys: before, while the new key waits, and with it in force.
const Names before = {"web 01"};
const Names waiting = {"web 01", "web.next " + newKeyId};
const Names swapped = {"web " + newKeyId, "web.previous 01"};
const Names after = {"web " + newKeyId};

std::string said(const model::InstallerMessage& answer) { return reasonOf(answer); }

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// A token's folder and the host's, to which each fault returns.
class Snapshot {
public:
    explicit Snapshot(const TokenHost& world) : world_(world) { copy(parts(), saved()); }
    void goBack() const
    {
        for (const auto& part : parts())
            std::filesystem::remove_all(part);
        copy(saved(), parts());
    }

private:
    using Paths = std::vector<std::filesystem::path>;
    static void copy(const Paths& from, const Paths& to)
    {
        for (std::size_t i = 0; i < from.size(); ++i)
            std::filesystem::copy(from[i], to[i], std::filesystem::copy_options::recursive);
    }
    Paths parts() const
    {
        return {world_.host.folder / "tls", world_.host.folder / "state",
            world_.service.token.folder() / "tokens"};
    }
    Paths saved() const { return {folder_ / "tls", folder_ / "state", folder_ / "tokens"}; }

    const TokenHost& world_;
    TemporaryFolder folder_;
};

} // namespace

TEST_CASE(
    "a key in a token is renewed: made there, switched, back, switched again, and the old one gone")
{
    TokenHost world;
    auto& host = world.host;
    CHECK(said(host.ask("preflight", {{"size", "9000"}})) == "done");
    const auto old = host.fingerprint();
    const auto chain = world.issue();
    CHECK(world.service.keys() == waiting);
    CHECK(said(host.place(chain)) == "done");
    CHECK(host.fingerprint() != old);
    CHECK(world.pairMatches());
    CHECK(world.service.keys() == swapped);
    CHECK(said(host.ask("switch_back")) == "done");
    CHECK(host.fingerprint() == old);
    CHECK(world.pairMatches());
    CHECK(world.service.keys() == waiting);
    CHECK(said(host.place(chain)) == "done");
    CHECK(said(host.ask("finish")) == "done");
    CHECK(world.pairMatches());
    CHECK(world.service.keys() == after);
    CHECK(host.filesIn("tls") == Names{"web.pem"});
    for (const auto& entry : std::filesystem::recursive_directory_iterator(host.folder / "state")) {
        if (entry.is_regular_file())
            CHECK_FALSE(contains(readText(entry.path().string()), "PRIVATE KEY"));
    }
}

TEST_CASE("the old key stays in the token as long as the guard keeps old pairs")
{
    TokenHost world;
    auto& host = world.host;
    const auto chain = world.issue();
    host.writeGuard({{"keep_previous", "2h"},
        {"tokens", "{web: {socket: " + world.service.socket() + ", user: \"" +
                       std::to_string(::geteuid()) + "\", keys: [web]}}"}});
    CHECK(said(host.place(chain)) == "done");
    CHECK(said(host.ask("finish")) == "done");
    CHECK(world.service.keys() == swapped);
    host.clock.advance(std::chrono::hours(3));
    CHECK(said(host.ask("finish")) == "done");
    CHECK(world.service.keys() == after);
}

TEST_CASE("an order that is discarded takes its key out of the token again")
{
    TokenHost world;
    (void)world.issue();
    CHECK(said(world.host.ask("discard")) == "done");
    CHECK(world.service.keys() == before);
}

TEST_CASE("keys are lent as sockets that sign, never as keys")
{
    TokenHost world;
    (void)world.issue();
    const auto answer = world.host.askOf(world.host.files, "lend_keys");
    REQUIRE(said(answer.message) == "done");
    REQUIRE(answer.descriptors.size() == 2);
    for (const auto& descriptor : answer.descriptors) {
        struct stat facts {};
        REQUIRE(::fstat(descriptor.get(), &facts) == 0);
        CHECK(S_ISSOCK(facts.st_mode));
    }
    CHECK(world.host.askOf(world.host.files, "lend_new_key").descriptors.size() == 1);
}

TEST_CASE("a token, a label or a spelling that the guard does not name is refused")
{
    TokenHost world;
    auto& host = world.host;
    const auto asked = [&](const std::string& key) {
        return said(host.ask("preflight", {{"size", "9000"}, {"slot.key", key}}));
    };
    CHECK(asked("pkcs11:token=web;object=web") == "done");
    for (const std::string key : {"pkcs11:token=web;object=other", "pkcs11:token=x;object=web",
             "pkcs11:object=web;token=web", "pkcs11:token=web;object=%77eb",
             "pkcs11:token=web;object=web;id=%01", "pkcs11:token=web;object=web?pin-value=1",
             "pkcs11:token=web;object=web.next"})
        CHECK_MESSAGE(contains(asked(key), "permission-denied"), key, ": ", asked(key));
    world.guard(std::to_string(::geteuid()), "other");
    CHECK(contains(asked("pkcs11:token=web;object=web"), "permission-denied"));
}

TEST_CASE("the keeper is the user that the guard names; whoever else answers is asked nothing")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: only root can start a keeper as another user");
        return;
    }
    TokenHost world;
    const auto& folder = world.service.token.folder();
    world.service.stop();
    const TemporaryFolder open; // where another user's socket can be, as /tmp
    REQUIRE(::chmod(open.path().c_str(), 01777) == 0);
    std::filesystem::copy_file(PERENNIAL_BIN_DIR "/perennial-token-keeper", open / "keeper");
    auto config = readText(folder / "token.yaml");
    config.replace(
        config.find(world.service.socket()), world.service.socket().size(), open / "keeper.sock");
    (void)folder.write("token.yaml", config, 0644);
    mustRun({"/usr/bin/chown", "-R", "65534", folder.path().string()});
    ChildProcess keeper({"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
        open / "keeper", "serve", "--config", folder / "token.yaml"});
    keeper.waitForOutput("ready");
    const auto asked = [&](const std::string& user) {
        world.host.writeGuard({{"tokens", "{web: {socket: " + (open / "keeper.sock") +
                                              ", user: \"" + user + "\", keys: [web]}}"}});
        return said(world.host.ask("preflight", {{"size", "1"}}));
    };
    CHECK(asked("65534") == "done");
    CHECK(contains(asked("65533"), "somebody else answers"));
    CHECK(contains(asked("0"), "somebody else answers"));
}

TEST_CASE("a socket where others could put theirs is not called, and a keeper that is gone is told")
{
    TokenHost world;
    const auto& folder = world.service.token.folder();
    const TemporaryFolder open;
    auto config = readText(folder / "token.yaml");
    config.replace(
        config.find(world.service.socket()), world.service.socket().size(), open / "keeper.sock");
    (void)folder.write("token.yaml", config, 0644);
    world.service.stop();
    world.service.start();
    world.host.writeGuard({{"tokens", "{web: {socket: " + (open / "keeper.sock") + ", user: \"" +
                                          std::to_string(::geteuid()) + "\", keys: [web]}}"}});
    const auto asked = [&] { return said(world.host.ask("preflight", {{"size", "1"}})); };
    CHECK(asked() == "done");
    REQUIRE(::chmod(open.path().c_str(), 0777) == 0);
    CHECK(contains(asked(), "permission-denied"));
    REQUIRE(::chmod(open.path().c_str(), 0700) == 0);
    world.service.stop();
    CHECK(contains(asked(), "unavailable"));
}

TEST_CASE("a certificate that is not the key's in the token is no pair")
{
    TokenHost world;
    auto& pki = world.host.pki();
    pki.issueServer("other.example.test", "issuing");
    (void)world.host.folder.write("tls/web.pem", readText(pki["other.example.test"].chain), 0644);
    CHECK(contains(said(world.host.ask("preflight", {{"size", "1"}})), "does not belong"));
}

TEST_CASE("an administrator's certificate wins over the order, and no key is changed")
{
    TokenHost world;
    auto& host = world.host;
    const auto chain = world.issue();
    const auto replaced = host.fingerprint();
    auto& pki = host.pki();
    TestCertificateContent content;
    content.commonName = "web1.example.test";
    content.alternativeNames = "DNS:web1.example.test";
    mustRun({"/usr/bin/openssl", "x509", "-in", pki["old"].certificate, "-signkey", pki["old"].key,
        "-days", "20", "-out", host.folder / "tls/web.pem"});
    CHECK(contains(
        said(host.ask("place", {{"chain", chain}, {"replaces", replaced}})), "changed outside"));
    CHECK(world.service.keys() == waiting);
}

namespace {

using Verb = std::function<model::InstallerMessage(FileSystem&)>;

// Dies, or has its disk fail, at each change; then the next caller's process sees to it.
void disturb(TokenHost& world, const Verb& verb, const std::function<void()>& check)
{
    const Snapshot snapshot(world);
    int changes = 0;
    {
        DyingFileSystem counting(world.host.files);
        REQUIRE(said(verb(counting)) == "done");
        changes = counting.changes();
    }
    CHECK(changes >= 3);
    for (int change = 1; change <= changes; ++change) {
        for (const auto fault : {Fault::DieBefore, Fault::DieAfter, Fault::Fail}) {
            CAPTURE(change);
            CAPTURE(static_cast<int>(fault));
            snapshot.goBack();
            (void)diesOrEnds([&] {
                DyingFileSystem disk(world.host.files, {change, fault});
                (void)verb(disk);
                return true;
            });
            if (fault == Fault::Fail) CHECK(world.pairMatches());
            CHECK(said(world.host.ask("discard", {}, "nobody")) == "done");
            CHECK(world.pairMatches());
            check();
        }
    }
}

} // namespace

TEST_CASE("place: killed, or a disk that fails, at any change: key and certificate match again")
{
    TokenHost world;
    auto& host = world.host;
    const auto chain = world.issue();
    const auto old = host.fingerprint();
    const InstallerHost::Fields fields = {{"chain", chain}, {"replaces", old}};
    disturb(
        world, [&](FileSystem& disk) { return host.askOf(disk, "place", fields).message; },
        [&] {
            CHECK(world.service.keys() == (host.fingerprint() == old ? waiting : swapped));
            CHECK(said(host.ask("place", fields)) == "done");
            CHECK(said(host.ask("finish")) == "done");
            CHECK(world.service.keys() == after);
        });
}

TEST_CASE("switch_back: killed, or a disk that fails, at any change: back is reached")
{
    TokenHost world;
    auto& host = world.host;
    const auto old = host.fingerprint();
    const auto chain = world.issue();
    REQUIRE(said(host.place(chain)) == "done");
    disturb(
        world, [&](FileSystem& disk) { return host.askOf(disk, "switch_back").message; },
        [&] {
            CHECK(said(host.ask("switch_back")) == "done");
            CHECK(host.fingerprint() == old);
            CHECK(world.pairMatches());
            CHECK(world.service.keys() == waiting);
        });
}

TEST_CASE(
    "a read that fails once takes no pair away that is in place, and keeps none from going back")
{
    TokenHost world;
    auto& host = world.host;
    const auto old = host.fingerprint();
    const auto chain = world.issue();
    REQUIRE(said(host.place(chain)) == "done");
    const auto placed = host.fingerprint();
    const Snapshot snapshot(world);
    for (const std::string verb : {"finish", "switch_back"}) {
        CAPTURE(verb);
        int reads = 0;
        for (int failing = 0; failing <= reads; ++failing) { // 0: none, to count them
            CAPTURE(failing);
            snapshot.goBack();
            PickyDisk disk(host.files);
            disk.readsOf = host.folder / "tls";
            disk.readThatFails = failing;
            const auto first = said(host.askOf(disk, verb).message);
            reads = std::max(reads, disk.reads());
            if (verb == "finish") CHECK_MESSAGE(host.fingerprint() == placed, first);
            if (verb == "finish") CHECK(world.pairMatches());
            CHECK(said(host.ask(verb)) == "done");
            CHECK(host.fingerprint() == (verb == "finish" ? placed : old));
            CHECK(world.pairMatches());
        }
        CHECK(reads >= 2);
    }
}

TEST_CASE(
    "a certificate that an administrator puts there after a crash stays, and gets its key back")
{
    TokenHost world;
    auto& host = world.host;
    const auto chain = world.issue();
    const auto old = host.fingerprint();
    const InstallerHost::Fields fields = {{"chain", chain}, {"replaces", old}};
    const Snapshot snapshot(world);
    bool half = false; // the new key, the old certificate
    for (int change = 1; change < 40 && !half; ++change) {
        snapshot.goBack();
        (void)diesOrEnds([&] {
            DyingFileSystem disk(host.files, {change, Fault::DieBefore});
            (void)host.askOf(disk, "place", fields);
            return true;
        });
        half = world.service.keys() == swapped && host.fingerprint() == old;
    }
    REQUIRE(half);
    const auto& pair = host.pki()["old"];
    mustRun({"/usr/bin/openssl", "x509", "-in", pair.certificate, "-signkey", pair.key, "-days",
        "20", "-out", host.folder / "theirs.pem"});
    std::filesystem::rename(host.folder / "theirs.pem", host.certificate);
    const auto theirs = host.fingerprint();
    CHECK(said(host.ask("discard", {}, "nobody")) == "done");
    CHECK(host.fingerprint() == theirs);
    CHECK(world.service.keys() == waiting);
    CHECK(world.pairMatches());
}
