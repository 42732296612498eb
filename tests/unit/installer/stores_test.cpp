// What is special to versions behind one link, and to PKCS#12 files.

#include "tests/support/installer_host.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::InstallerHost;
using perennial::test::mustRun;
using perennial::test::readText;
using perennial::test::reasonOf;
using perennial::test::StoreKind;

namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

constexpr const char* other = "0198c6d2-0000-7000-8000-000000000002";

// Every verb that would use the pair, and what each says.
void checkRefused(InstallerHost& host, const std::string& chain, const std::string& why)
{
    for (const char* verb : {"preflight", "lend_keys", "place"}) {
        CAPTURE(verb);
        const auto answer =
            host.ask(verb, {{"size", "1"}, {"chain", chain}, {"replaces", std::string(64, '0')}});
        CHECK_MESSAGE(contains(reasonOf(answer), why), reasonOf(answer));
        CHECK_FALSE(contains(reasonOf(answer), InstallerHost::password));
    }
}

void linkTo(InstallerHost& host, const std::string& target)
{
    fs::remove(host.folder / "tls/live");
    fs::create_symlink(target, host.folder / "tls/live");
}

std::string openedBy(InstallerHost& host, const std::vector<std::string>& more)
{
    std::vector<std::string> command = {"/usr/bin/openssl", "pkcs12", "-in", host.key, "-passin",
        "file:" + (host.folder / "password")};
    command.insert(command.end(), more.begin(), more.end());
    return mustRun(command);
}

} // namespace

TEST_CASE("a version link that leads anywhere but to a version beside it is refused")
{
    InstallerHost host(StoreKind::Versioned);
    (void)host.makeKey();
    const auto chain = host.issue();
    fs::copy(host.folder / "tls/v1", host.folder / "secret");
    for (const std::string target :
        {"../secret", "v0", "v01", "vault", "v", "v1/.", "v1/../v1", "v12345678901", "V1", "."}) {
        CAPTURE(target);
        linkTo(host, target);
        checkRefused(host, chain, "permission-denied: ");
    }
    linkTo(host, host.folder / "tls/v1"); // absolute, though it is the right one
    checkRefused(host, chain, "must lead to a folder beside it");
    linkTo(host, "v7"); // not there
    checkRefused(host, chain, "not-found: ");
    fs::create_directory_symlink("../secret", host.folder / "tls/v8");
    linkTo(host, "v8");
    checkRefused(host, chain, "v8 is a symbolic link");
    fs::remove(host.folder / "tls/live");
    checkRefused(host, chain, "not-found: ");
    fs::create_directory(host.folder / "tls/live");
    checkRefused(host, chain, "is no symbolic link");
    fs::remove(host.folder / "tls/live");
    linkTo(host, "v1");
    CHECK(reasonOf(host.place(chain)) == "done");
}

TEST_CASE("with a version link, only pairs in it are renewed, and only whole versions")
{
    InstallerHost host(StoreKind::Versioned);
    (void)host.makeKey();
    const auto chain = host.issue();
    const auto key = host.key;
    for (const auto& place : {host.folder / "tls/v1/web.key", host.folder / "tls/web.key",
             host.folder / "tls/live/sub/web.key"}) {
        CAPTURE(place);
        CHECK(contains(reasonOf(host.ask("preflight", {{"slot.key", place}, {"size", "1"}})),
            "version_link is for pairs in"));
    }
    (void)host.folder.write("tls/v1/dh.pem", "parameters");
    checkRefused(host, chain, "v1 holds more than the pair");
    CHECK(readText(host.folder / "tls/v1/dh.pem") == "parameters");
    fs::remove(host.folder / "tls/v1/dh.pem");
    REQUIRE(::chmod((host.folder / "tls/v1").c_str(), 0777) == 0);
    checkRefused(host, chain, "v1 is writable by its group or by others");
    // A store without the rule follows no link.
    REQUIRE(::chmod((host.folder / "tls/v1").c_str(), 0755) == 0);
    host.writeGuard({{"stores", "[{folder: " + (host.folder / "tls") + "}]"}});
    checkRefused(host, chain, "live is a symbolic link");
}

TEST_CASE("a new version is a folder like the old one, and the old one stays as long as asked")
{
    InstallerHost host(StoreKind::Versioned);
    host.writeGuard({{"keep_previous", "2h"}});
    REQUIRE(::chmod((host.folder / "tls/v1").c_str(), 0711) == 0);
    (void)host.makeKey();
    const auto oldKey = host.keyText();
    CHECK(reasonOf(host.place(host.issue())) == "done");
    CHECK(fs::read_symlink(host.folder / "tls/live") == "v2");
    CHECK(host.modeOf(host.folder / "tls/v2") == 0711);
    CHECK(host.modeOf(host.folder / "tls/v2/web.key") == 0600);
    CHECK(reasonOf(host.ask("finish")) == "done");
    CHECK(readText(host.folder / "tls/v1/web.key") == oldKey);
    host.clock.advance(std::chrono::hours(3));
    CHECK(host.ask("discard", {}, "nobody").verb == "done");
    CHECK_FALSE(fs::exists(host.folder / "tls/v1"));
    CHECK(host.filesIn("tls") == std::set<std::string>{"live", "v2"});
}

TEST_CASE("an administrator who goes back by hand loses no version")
{
    InstallerHost host(StoreKind::Versioned);
    host.writeGuard({{"keep_previous", "2h"}});
    (void)host.makeKey();
    const auto before = host.fingerprint();
    CHECK(reasonOf(host.place(host.issue())) == "done");
    CHECK(reasonOf(host.ask("finish")) == "done");
    linkTo(host, "v1");
    host.clock.advance(std::chrono::hours(3));
    CHECK(host.ask("discard", {}, "nobody").verb == "done");
    CHECK(host.fingerprint() == before);
    CHECK(host.pairMatches());
    // The next one has a number of its own.
    CHECK(reasonOf(host.makeKey(other)) == "done");
    const auto chain = host.issue(InstallerHost::Content{}, host.newKeyFile(other));
    CHECK(reasonOf(host.place(chain, other)) == "done");
    CHECK(fs::read_symlink(host.folder / "tls/live") == "v3");
}

TEST_CASE("where the old version is not whole any more, the link stays on the new one")
{
    InstallerHost host(StoreKind::Versioned);
    (void)host.makeKey();
    CHECK(reasonOf(host.place(host.issue())) == "done");
    const auto now = host.fingerprint();
    fs::remove(host.folder / "tls/v1/web.key");
    CHECK(contains(reasonOf(host.ask("switch_back")), "the old one is not whole"));
    CHECK(fs::read_symlink(host.folder / "tls/live") == "v2");
    CHECK(host.fingerprint() == now);
    CHECK(host.pairMatches());
}

TEST_CASE("a version that a newer order may go back to is not cleared away")
{
    InstallerHost host(StoreKind::Versioned);
    host.writeGuard({{"keep_previous", "2h"}});
    (void)host.makeKey();
    const auto first = host.fingerprint();
    CHECK(reasonOf(host.place(host.issue())) == "done");
    CHECK(reasonOf(host.ask("finish")) == "done");
    linkTo(host, "v1"); // an administrator went back by hand
    CHECK(reasonOf(host.makeKey(other)) == "done");
    CHECK(reasonOf(host.place(
              host.issue(InstallerHost::Content{}, host.newKeyFile(other)), other)) == "done");
    host.clock.advance(std::chrono::hours(3)); // the first order's time is over
    CHECK(host.ask("discard", {}, "nobody").verb == "done");
    CHECK(reasonOf(host.ask("switch_back", {}, other)) == "done");
    CHECK(host.fingerprint() == first);
    CHECK(host.pairMatches());
}

TEST_CASE("two orders never have the same version, even when the first came to nothing")
{
    InstallerHost host(StoreKind::Versioned);
    (void)host.makeKey();
    CHECK(reasonOf(host.place(host.issue())) == "done");
    CHECK(reasonOf(host.ask("switch_back")) == "done");
    CHECK(host.filesIn("tls") == std::set<std::string>{"live", "v1"});
    CHECK(reasonOf(host.ask("discard")) == "done");
    CHECK(reasonOf(host.makeKey(other)) == "done");
    const auto chain = host.issue(InstallerHost::Content{}, host.newKeyFile(other));
    CHECK(reasonOf(host.place(chain, other)) == "done");
    CHECK(fs::read_symlink(host.folder / "tls/live") == "v3");
}

TEST_CASE("a combined file may be behind a version link too")
{
    InstallerHost host(StoreKind::Versioned);
    (void)host.folder.write(
        "tls/v1/web.pem", readText(host.key) + readText(host.certificate), 0600);
    fs::remove(host.folder / "tls/v1/web.key");
    host.key = host.certificate;
    (void)host.makeKey();
    CHECK(reasonOf(host.place(host.issue())) == "done");
    CHECK(host.pairMatches());
    CHECK(host.filesIn("tls/v2") == std::set<std::string>{"web.pem"});
}

TEST_CASE("a key store keeps its alias, has the new chain, and opens with the same password")
{
    InstallerHost host(StoreKind::Pkcs12);
    (void)host.makeKey();
    CHECK(reasonOf(host.place(host.issue())) == "done");
    const auto listed = mustRun({"/usr/bin/keytool", "-list", "-v", "-keystore", host.key,
        "-storetype", "PKCS12", "-storepass:file", host.folder / "password"});
    CHECK(contains(listed, "Alias name: web1"));
    CHECK(contains(listed, "Your keystore contains 1 entry"));
    CHECK(contains(listed, "Certificate chain length: 2"));
    CHECK(host.modeOf(host.key) == 0600);
}

TEST_CASE("the old key of a key store is lent as a file in memory that nobody can write")
{
    InstallerHost host(StoreKind::Pkcs12);
    (void)host.makeKey();
    const auto answer = host.askOf(host.files, "lend_keys");
    CHECK(reasonOf(answer.message) == "done");
    REQUIRE(answer.descriptors.size() == 2);
    const auto lent = x509::PrivateKey::fromDescriptor(answer.descriptors[0].get());
    REQUIRE(lent);
    CHECK(lent->matches(*x509::Certificate::fromPem(host.certificateText())));
    CHECK(::write(answer.descriptors[0].get(), "x", 1) == -1);
    CHECK(::ftruncate(answer.descriptors[0].get(), 0) == -1);
    REQUIRE(::chmod(host.key.c_str(), 0640) == 0);
    CHECK(contains(reasonOf(host.ask("lend_keys")), "can be read by others"));
}

TEST_CASE("a key store that cannot be opened is refused, and nobody learns the password")
{
    InstallerHost host(StoreKind::Pkcs12);
    (void)host.makeKey();
    const auto chain = host.issue();
    const auto before = readText(host.key);
    (void)host.folder.write("password", "somethingelse\n");
    checkRefused(host, chain, "permission-denied: " + host.key + ": PKCS#12: the password");
    fs::remove(host.folder / "password");
    checkRefused(host, chain, "not-found: password_file");
    fs::create_symlink("/etc/hostname", host.folder / "password");
    checkRefused(host, chain, "password_file: ");
    fs::remove(host.folder / "password");
    (void)host.folder.write("password", std::string(2000, 'x'));
    checkRefused(host, chain, "over the limit");
    for (const std::string& text :
        {std::string(), std::string("\n"), std::string("one\ntwo\n"), std::string("one\0two", 7)}) {
        (void)host.folder.write("password", text);
        checkRefused(host, chain, "must hold one line that is not empty");
    }
    host.writeGuard({{"stores", "[{folder: " + (host.folder / "tls") + "}]"}});
    checkRefused(host, chain, "the guard names no password_file");
    CHECK(readText(host.key) == before);
}

TEST_CASE("a key store with more than the pair is refused, as the rest would be lost")
{
    InstallerHost host(StoreKind::Pkcs12);
    (void)host.makeKey();
    const auto chain = host.issue();
    const auto before = readText(host.key);
    const auto keytool = [&](std::vector<std::string> command) {
        command.insert(command.begin(), "/usr/bin/keytool");
        command.insert(command.end(), {"-keystore", host.key, "-storetype", "PKCS12", "-noprompt",
                                          "-storepass:file", host.folder / "password"});
        mustRun(command);
    };
    const auto checkKept = [&] {
        const auto now = readText(host.key);
        checkRefused(host, chain, "does not hold one key with its certificate and nothing else");
        CHECK(readText(host.key) == now);
        (void)host.folder.write("tls/web.p12", before);
    };
    keytool({"-genkeypair", "-alias", "two", "-keyalg", "EC", "-dname", "CN=two"});
    checkKept();
    keytool({"-genseckey", "-alias", "word", "-keyalg", "AES", "-keysize", "256"});
    checkKept();
    keytool({"-importcert", "-alias", "anchor", "-file", host.pki()["root"].certificate});
    checkKept();
    keytool({"-delete", "-alias", "web1"});
    checkKept();
    // What is left of another chain is no entry: it goes with the old chain.
    host.pki().makeRoot("stray");
    (void)host.folder.write(
        "bundle.pem", host.certificateText() + readText(host.pki()["stray"].certificate));
    const auto pair = host.folder.write("pair.pem", openedBy(host, {"-nodes", "-nocerts"}));
    mustRun(
        {"/usr/bin/openssl", "pkcs12", "-export", "-inkey", pair, "-in", host.folder / "bundle.pem",
            "-name", "web1", "-passout", "file:" + (host.folder / "password"), "-out", host.key});
    CHECK(reasonOf(host.place(chain)) == "done");
    CHECK_FALSE(contains(openedBy(host, {"-nokeys"}), "stray"));
}

TEST_CASE("the chain's own file has the authorities alone, follows the pair, and must be there")
{
    InstallerHost host(StoreKind::OwnChain);
    (void)host.makeKey();
    const auto chain = host.issue();
    const auto file = host.folder / "tls/chain.pem";
    const auto leaf = x509::Certificate::fromPem(chain)->toPem();
    CHECK(contains(reasonOf(host.place(leaf)), "no authorities for " + file));
    CHECK(host.filesIn("tls") == host.liveFiles());
    CHECK(reasonOf(host.place(chain)) == "done");
    CHECK(readText(host.certificate) == leaf);
    CHECK(readText(file) == readText(host.pki()["issuing"].chain));
    CHECK(reasonOf(host.ask("switch_back")) == "done");
    CHECK(readText(file) == readText(host.pki()["issuing"].fullChain));
    fs::remove(file);
    checkRefused(host, chain, "not-found: ");
    fs::create_symlink("/etc/hostname", file);
    CHECK(host.place(chain).verb == "refused");
    CHECK(fs::is_symlink(file));
    host.writeGuard({{"stores", "[{folder: " + (host.folder / "tls") + ", chain_file: a/b}]"}});
    CHECK_FALSE(installer::loadGuard(host.folder / "guard.yaml").ok());
    host.writeGuard({{"stores",
        "[{folder: " + (host.folder / "tls") + ", chain_file: c, password_file: /p}]"}});
    CHECK_FALSE(installer::loadGuard(host.folder / "guard.yaml").ok());
}

TEST_CASE("a chain that somebody else changes meanwhile stays")
{
    InstallerHost host(StoreKind::OwnChain);
    (void)host.makeKey();
    CHECK(reasonOf(host.place(host.issue())) == "done");
    (void)host.folder.write("tls/chain.pem", "theirs", 0644);
    CHECK(host.ask("discard", {}, "nobody").verb == "done"); // settles
    CHECK(readText(host.folder / "tls/chain.pem") == "theirs");
}
