#include "agent/scanner/slot_reading.h"

#include "tests/support/child_process.h"
#include "tests/support/nss_database.h"
#include "tests/support/test_pki.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace perennial;
using namespace perennial::scanner;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;
    TestPki pki{folder};
    TimePoint now = *timeFromRfc3339("2026-01-01T00:00:00Z");

    Host()
    {
        pki.makeRoot("root");
        pki.makeAuthority("issuing", "root");
        pki.issueServer("web.test", "issuing");
        pki.issueServer("other.test", "issuing");
    }
    Result<model::Slot> read(const std::string& certificate, const std::string& key) const
    {
        DiscoveredPlace found{{"pem", certificate, key}, "nginx", {}};
        return readSlot(PosixFileSystem(), found, {}, now);
    }
    std::vector<std::string> warnings(const std::string& certificate, const std::string& key) const
    {
        const auto slot = read(certificate, key);
        REQUIRE(slot.ok());
        return slot->warnings;
    }
};

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("a slot is what the place holds: facts, chain without root, no warnings")
{
    const Host host;
    const auto& made = host.pki["web.test"];
    const auto slot = host.read(made.fullChain, made.key);
    REQUIRE(slot.ok());
    CHECK(slot->id == model::slotIdOf(slot->place));
    CHECK(slot->service == "nginx");
    CHECK(slot->warnings.empty());
    CHECK(slot->certificate.names.size() >= 1);
    CHECK(slot->certificatePem == readText(made.chain));
    const auto shown =
        mustRun({"/usr/bin/openssl", "x509", "-noout", "-serial"}, slot->certificatePem);
    CHECK(shown == "serial=" + slot->certificate.serial + "\n");
}

TEST_CASE("a self-signed leaf is reported")
{
    Host host;
    const auto& made = host.pki.selfSigned("self", {.commonName = "self"});
    const auto slot = host.read(made.certificate, made.key);
    REQUIRE(slot.ok());
    CHECK(slot->certificate.selfSigned);
    CHECK(slot->certificatePem == readText(made.certificate));
}

TEST_CASE("text, comments, Windows line ends and a key around the certificate are no part of it")
{
    const Host host;
    const auto& made = host.pki["web.test"];
    std::string pem;
    for (const char c : readText(made.certificate))
        pem += c == '\n' ? std::string("\r\n") : std::string(1, c);
    const auto file = host.folder.write(
        "combined.pem", "\xEF\xBB\xBF"
                        "Bag Attributes\r\n" +
                            pem + readText(made.key) + readText(host.pki["issuing"].certificate));
    const auto slot = host.read(file, file);
    REQUIRE(slot.ok());
    CHECK(slot->certificatePem == readText(made.chain));
    CHECK(slot->warnings.empty());
}

TEST_CASE("what is odd about the files is a warning")
{
    const Host host;
    const auto& made = host.pki["web.test"];
    SUBCASE("a key of another certificate")
    {
        CHECK(host.warnings(made.certificate, host.pki["other.test"].key) ==
              Texts{"key does not match the certificate"});
    }
    SUBCASE("a key file that everybody reads")
    {
        for (const auto& [mode, warning] :
            {std::pair<mode_t, std::string>{
                 0644, "key file is readable or writable by everybody (mode 0644)"},
                {0604, "key file is readable or writable by everybody (mode 0604)"},
                {0602, "key file is readable or writable by everybody (mode 0602)"},
                {0660, "key file is writable by its group (mode 0660)"}}) {
            REQUIRE(::chmod(made.key.c_str(), mode) == 0);
            CHECK(host.warnings(made.certificate, made.key) == Texts{warning});
        }
        REQUIRE(::chmod(made.key.c_str(), 0640) == 0);
        CHECK(host.warnings(made.certificate, made.key).empty());
    }
    SUBCASE("a key file with two names")
    {
        std::filesystem::create_hard_link(made.key, host.folder / "again.key");
        CHECK(host.warnings(made.certificate, made.key) == Texts{"key file has 2 hard links"});
    }
    SUBCASE("links")
    {
        std::filesystem::create_symlink(made.certificate, host.folder / "link.pem");
        std::filesystem::create_symlink(made.key, host.folder / "link.key");
        CHECK(host.warnings(host.folder / "link.pem", host.folder / "link.key") ==
              Texts{"certificate path is a symbolic link", "key path is a symbolic link"});
    }
    SUBCASE("no key, no file, no regular file")
    {
        const auto starts = [&](const std::string& key, const std::string& text) {
            const auto all = host.warnings(made.certificate, key);
            REQUIRE_FALSE(all.empty());
            CHECK_MESSAGE(all.back().starts_with(text), all.back());
        };
        starts(made.certificate, "key file holds no private key in PEM");
        starts(host.folder / "none.key", "key file cannot be found");
        starts(host.folder.path().string(), "key file cannot be read");
        REQUIRE(::mkfifo((host.folder / "fifo.key").c_str(), 0600) == 0);
        starts(host.folder / "fifo.key", "key file cannot be read");
        const auto big = host.folder.write("big.key", std::string(95'001, 'x'));
        starts(big, "key file cannot be read");
    }
    SUBCASE("an encrypted key")
    {
        mustRun({"/usr/bin/openssl", "pkcs8", "-topk8", "-in", made.key, "-out",
            host.folder / "locked.key", "-passout", "pass:secret"});
        const auto all = host.warnings(made.certificate, host.folder / "locked.key");
        REQUIRE(all.size() == 1);
        CHECK(all[0].starts_with("whether the key matches is not known"));
        CHECK(all[0].find("encrypted") != std::string::npos);
    }
}

TEST_CASE("what is odd about the certificate is a warning")
{
    Host host;
    const auto& made = host.pki["web.test"];
    host.now = *timeFromRfc3339("2150-01-01T00:00:00Z");
    CHECK(host.warnings(made.certificate, made.key) == Texts{"expired at 2099-12-31T23:59:59Z"});
    host.now = *timeFromRfc3339("2019-01-01T00:00:00Z");
    CHECK(host.warnings(made.certificate, made.key) ==
          Texts{"not valid before 2020-01-01T00:00:00Z"});
    host.now = *timeFromRfc3339("2026-01-01T00:00:00Z");
    mustRun({"/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha1", "-subj",
        "/CN=old", "-days", "36500", "-keyout", host.folder / "old.key", "-out",
        host.folder / "old.pem"});
    const auto old = host.read(host.folder / "old.pem", host.folder / "old.key");
    REQUIRE(old.ok());
    CHECK(std::count(old->warnings.begin(), old->warnings.end(),
              "signed with a broken digest: sha1WithRSAEncryption") == 1);
}

TEST_CASE("what is odd about the rest of the file is a warning")
{
    const Host host;
    const auto& made = host.pki["web.test"];
    const auto file = host.folder.write("odd.pem", readText(made.certificate) +
                                                       readText(host.pki["root"].certificate) +
                                                       readText(host.pki["issuing"].certificate));
    CHECK(host.warnings(file, made.key) == Texts{"chain: its members are out of order"});
    DiscoveredPlace found{{"pem", made.certificate, made.key}, "nginx", {}};
    CHECK(readSlot(PosixFileSystem(), found, {"CN=root"}, host.now)->warnings ==
          Texts{R"(chain: the certificate of "CN=issuing" is missing, which issued "web.test")"});
}

TEST_CASE("what holds no certificate is refused with the path and the reason")
{
    const Host host;
    const auto& made = host.pki["web.test"];
    const auto refusal = [&](const std::string& file) {
        const auto slot = host.read(file, made.key);
        REQUIRE_FALSE(slot.ok());
        CHECK_MESSAGE(slot.error().message.find(file) != std::string::npos, slot.error().message);
        CHECK(slot.error().message.find("MIG") == std::string::npos);
        return slot.error().message;
    };
    const auto pem = readText(made.certificate);
    refusal(host.folder / "none.pem");
    refusal(host.folder.path().string());
    refusal("/dev/zero");
    refusal(made.key);
    refusal(host.folder.write("empty.pem", ""));
    refusal(host.folder.write("half.pem", pem.substr(0, pem.size() - 30)));
    refusal(host.folder.write("no-end.pem", pem.substr(0, pem.find("-----END"))));
    refusal(host.folder.write(
        "junk.pem", "-----BEGIN CERTIFICATE-----\nMIGH\n-----END CERTIFICATE-----\n"));
    refusal(host.folder.write("der.pem",
        mustRun({"/usr/bin/openssl", "x509", "-in", made.certificate, "-outform", "DER"})));
    REQUIRE(::mkfifo((host.folder / "fifo.pem").c_str(), 0600) == 0);
    refusal(host.folder / "fifo.pem");
    std::string many;
    while (many.size() <= 95'000)
        many += pem;
    refusal(host.folder.write("big.pem", many));
    const auto huge = host.folder.write("huge.pem", "");
    std::filesystem::resize_file(huge, 10ULL << 30U);
    refusal(huge);
}

TEST_CASE("a key store is a slot when its password file opens it")
{
    const Host host;
    const auto& made = host.pki["web.test"];
    const auto word = host.folder.write("word", "changeit\n");
    const auto file = host.folder / "web.p12";
    const auto& both = host.pki["other.test"];
    const auto exportInto = [&](const TestCertificate& pair, const std::string& to) {
        mustRun({"/usr/bin/openssl", "pkcs12", "-export", "-inkey", pair.key, "-in", pair.chain,
            "-passout", "file:" + word, "-out", to});
    };
    exportInto(made, file);
    DiscoveredPlace found{{"pkcs12", file, file}, "app", {}};
    found.passwordFile = word;
    const PosixFileSystem files;
    const auto slot = readSlot(files, found, {}, host.now);
    REQUIRE_MESSAGE(slot.ok(), slot.error().message);
    CHECK(slot->certificatePem == readText(made.chain));
    CHECK(slot->place == found.place);
    CHECK(slot->warnings.empty());
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    CHECK(readSlot(files, found, {}, host.now)->warnings ==
          Texts{"key file is readable or writable by everybody (mode 0644)"});

    host.folder.write("word", "another");
    const auto locked = readSlot(files, found, {}, host.now);
    REQUIRE_FALSE(locked.ok());
    CHECK(locked.error().message.find("the password is another one") != std::string::npos);
    CHECK(locked.error().message.find("another\n") == std::string::npos);
    found.passwordFile = host.folder / "none";
    CHECK(readSlot(files, found, {}, host.now).error().kind == ErrorKind::NotFound);
    found.passwordFile = host.folder.write("word", "changeit");
    mustRun({"/usr/bin/openssl", "pkcs12", "-export", "-nokeys", "-in", both.certificate,
        "-passout", "file:" + word, "-out", file});
    const auto bare = readSlot(files, found, {}, host.now);
    REQUIRE_FALSE(bare.ok());
    CHECK(bare.error().message.find("exactly one key") != std::string::npos);
}

TEST_CASE("an entry in a database of NSS is a slot, with the database's key file in mind")
{
    const Host host;
    const auto& made = host.pki["web.test"];
    NssDatabase database(host.folder / "nss");
    database.add("web 1", made.key, made.chain);
    const auto entry = database.folder() + "/web 1";
    const DiscoveredPlace found{{"nss", entry, entry}, "app", {}};
    const PosixFileSystem files;
    const auto slot = readSlot(files, found, {}, host.now);
    REQUIRE_MESSAGE(slot.ok(), slot.error().message);
    CHECK(slot->certificatePem == readText(made.chain));
    CHECK(slot->place == found.place);
    CHECK(slot->warnings.empty());
    REQUIRE(::chmod((database.folder() + "/key4.db").c_str(), 0644) == 0);
    CHECK(readSlot(files, found, {}, host.now)->warnings ==
          Texts{"key file is readable or writable by everybody (mode 0644)"});
    database.certutil({"-D", "-n", "web 1"});
    const auto gone = readSlot(files, found, {}, host.now);
    REQUIRE_FALSE(gone.ok());
    CHECK(gone.error().message == entry + ": the database has no certificate of that nickname");
}

TEST_CASE(
    "a certificate in a token is what its source read; a key there is said not to be compared")
{
    const Host host;
    const std::string uri = "pkcs11:token=web;object=web";
    DiscoveredPlace found{{"pkcs11", uri, uri}, "", {}};
    CHECK(readSlot(PosixFileSystem(), found, {}, host.now).error().message ==
          uri + ": holds no certificate in PEM");
    found.certificatePem = readText(host.pki["web.test"].certificate);
    const auto slot = readSlot(PosixFileSystem(), found, {}, host.now);
    REQUIRE_MESSAGE(slot.ok(), slot.error().message);
    CHECK(slot->certificatePem == found.certificatePem);
    CHECK(slot->warnings.empty());
    CHECK(host.warnings(host.pki["web.test"].chain, uri) ==
          Texts{"its key is in a token, and was not compared with it"});
}
