// perennial-nss-helper over real databases: made, filled and looked at by certutil and pk12util,
// and served by selfserv, NSS's own TLS server.

#include "agent/nss_helper/nss_store.h"
#include "shared/base/encoding.h"
#include "shared/x509/nss_key_id.h"
#include "tests/support/installer_host.h"
#include "tests/support/nss_database.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using model::HelperVerb;
using perennial::test::InstallerHost;
using perennial::test::mustRun;
using perennial::test::readText;
using perennial::test::reasonOf;
using perennial::test::TestCertificate;

namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

// A host with a database "nss" that an administrator made.
struct NssHost {
    explicit NssHost(const std::string& keyType = "ec")
        : made(host.folder / "nss", "correct horse"), database(made.folder()),
          passwordFile(made.passwordFile())
    {
        ::chmod(database.c_str(), 0755);
        ::chmod(passwordFile.c_str(), 0600);
        made.trust("root", host.pki()["root"].certificate);
        test::TestCertificateContent content;
        content.commonName = "web1.example.test";
        content.alternativeNames = "DNS:web1.example.test";
        if (keyType == "rsa") content.keyType = "rsa-2048";
        old = add("old-nss", "web 1", content);
    }
    TestCertificate add(const std::string& file, const std::string& nickname,
        const test::TestCertificateContent& content)
    {
        const auto pair = host.pki().issue(file, "issuing", content);
        made.add(nickname, pair.key, pair.chain);
        return pair;
    }
    model::HelperAnswer ask(HelperVerb verb, const TestCertificate* pair = nullptr,
        const std::string& replaces = "", const std::string& unwanted = "")
    {
        model::HelperRequest request{verb, database, "web 1"};
        request.order = InstallerHost::order;
        request.replaces = replaces;
        request.unwanted = unwanted;
        if (pair != nullptr) {
            request.chainPem = readText(pair->chain);
            request.keyPem = Secret(readText(pair->key));
        }
        return nss::NssStore(host.files, passwordFile).answer(request);
    }
    std::string refusalOf(HelperVerb verb, const TestCertificate* pair = nullptr,
        const std::string& replaces = "", const std::string& unwanted = "")
    {
        return ask(verb, pair, replaces, unwanted).refused.value_or("done");
    }
    // What NSS itself says.
    std::string fingerprint() const
    {
        const auto pem = made.certutil({"-L", "-n", "web 1", "-a"});
        return x509::Certificate::fromPem(pem)->fingerprint();
    }
    std::string keys() const { return made.certutil({"-K"}); }
    // Of RSA keys NSS wants a usage that these certificates do not have.
    bool isValid(const std::string& keyType = "ec") const
    {
        if (keyType == "rsa") return true;
        return contains(made.certutil({"-V", "-n", "web 1", "-u", "V"}), "certificate is valid");
    }
    static std::string fingerprintOf(const TestCertificate& pair)
    {
        return x509::Certificate::fromPem(readText(pair.certificate))->fingerprint();
    }
    static std::string publicKeyOf(const TestCertificate& pair)
    {
        return toBase64(x509::PrivateKey::fromPem(Secret(readText(pair.key)))->publicKeyDer());
    }
    static std::string keyIdOf(const TestCertificate& pair)
    {
        return toHex(*x509::nssKeyId(*fromBase64(publicKeyOf(pair))));
    }
    TestCertificate newPair(const std::string& keyType = "ec")
    {
        test::TestCertificateContent content;
        content.commonName = "web1.example.test";
        content.alternativeNames = "DNS:web1.example.test";
        if (keyType == "rsa") content.keyType = "rsa-2048";
        return host.pki().issue("new-nss", "issuing", content);
    }
    std::set<std::string> names() const { return host.filesIn("nss"); }

    InstallerHost host;
    test::NssDatabase made;
    std::string database;
    std::string passwordFile;
    TestCertificate old;
};

const std::set<std::string> databaseFiles = {"cert9.db", "key4.db", "pkcs11.txt"};

} // namespace

TEST_CASE("a pair in an NSS database is read, replaced, brought back and finished with")
{
    for (const std::string keyType : {"ec", "rsa"}) {
        CAPTURE(keyType);
        NssHost nss(keyType);
        const auto found = nss.ask(HelperVerb::Inspect);
        REQUIRE_MESSAGE(found.found, found.refused.value_or(""));
        CHECK(x509::Certificate::allFromPem(found.chainPem)->size() >= 2);
        CHECK(x509::Certificate::fromPem(found.chainPem)->fingerprint() == nss.fingerprint());
        CHECK(x509::PrivateKey::fromPem(found.keyPem)
                  ->matches(*x509::Certificate::fromPem(readText(nss.old.certificate))));
        CHECK(nss.refusalOf(HelperVerb::Test) == "done");
        CHECK(nss.names() == databaseFiles);

        const auto made = nss.newPair(keyType);
        const auto oldPrint = nss.fingerprint();
        CHECK(contains(nss.refusalOf(HelperVerb::Install, &made, std::string(64, '0')),
            "another certificate"));
        CHECK(nss.fingerprint() == oldPrint);
        CHECK(nss.refusalOf(HelperVerb::Install, &made, oldPrint) == "done");
        CHECK(nss.fingerprint() == NssHost::fingerprintOf(made));
        CHECK(nss.isValid(keyType));
        // Both keys: whoever reads between the two files finds the key to either certificate.
        CHECK(contains(nss.keys(), NssHost::keyIdOf(nss.old)));
        CHECK(contains(nss.keys(), NssHost::keyIdOf(made)));

        const auto newKey = NssHost::publicKeyOf(made);
        CHECK(nss.refusalOf(HelperVerb::Rollback, &nss.old, "", newKey) == "done");
        CHECK(nss.fingerprint() == oldPrint);
        CHECK(nss.isValid(keyType));
        CHECK(contains(nss.keys(), NssHost::keyIdOf(nss.old)));
        CHECK_FALSE(contains(nss.keys(), NssHost::keyIdOf(made)));
        CHECK(nss.refusalOf(HelperVerb::Rollback, &nss.old, "", newKey) == "done"); // twice

        CHECK(nss.refusalOf(HelperVerb::Install, &made, oldPrint) == "done");
        CHECK(contains(nss.refusalOf(HelperVerb::Finish, nullptr, "", newKey), "in use"));
        const auto oldKey = NssHost::publicKeyOf(nss.old);
        CHECK(nss.refusalOf(HelperVerb::Finish, nullptr, "", oldKey) == "done");
        CHECK_FALSE(contains(nss.keys(), NssHost::keyIdOf(nss.old)));
        CHECK(nss.fingerprint() == NssHost::fingerprintOf(made));
        CHECK(nss.isValid(keyType));
        CHECK(nss.refusalOf(HelperVerb::Finish, nullptr, "", oldKey) == "done");
        CHECK(nss.names() == databaseFiles);
    }
}

TEST_CASE("what else is in the database stays, and so do owner and mode of its files")
{
    NssHost nss;
    test::TestCertificateContent content;
    content.commonName = "other.example.test";
    (void)nss.add("other-nss", "other", content);
    for (const auto& name : databaseFiles)
        ::chmod((nss.database + "/" + name).c_str(), 0640);
    const auto made = nss.newPair();
    CHECK(nss.refusalOf(HelperVerb::Install, &made, nss.fingerprint()) == "done");
    const auto listed = mustRun({"/usr/bin/certutil", "-L", "-d", "sql:" + nss.database});
    for (const char* name : {"web 1", "other", "root"})
        CHECK_MESSAGE(contains(listed, name), listed);
    CHECK(contains(listed, "CT,,"));
    for (const auto& name : databaseFiles)
        CHECK(nss.host.modeOf(nss.database + "/" + name) == 0640);
}

TEST_CASE("an NSS database that cannot be changed safely is refused, and is as it was")
{
    NssHost nss;
    const auto made = nss.newPair();
    const auto oldPrint = nss.fingerprint();
    const auto before = readText(nss.database + "/cert9.db") + readText(nss.database + "/key4.db");
    const auto checkSame = [&] {
        CHECK(readText(nss.database + "/cert9.db") + readText(nss.database + "/key4.db") == before);
    };
    SUBCASE("the password is another one")
    {
        (void)nss.host.folder.write("nss.password", "wrong\n");
        CHECK(contains(nss.refusalOf(HelperVerb::Test), "SEC_ERROR_BAD_PASSWORD"));
        CHECK_FALSE(nss.refusalOf(HelperVerb::Inspect) == "done");
        CHECK_FALSE(nss.refusalOf(HelperVerb::Install, &made, oldPrint) == "done");
        (void)nss.host.folder.write("nss.password", "correct horse\n");
    }
    SUBCASE("somebody is writing")
    {
        test::ChildProcess writer({"/usr/bin/python3", "-uc",
            "import sqlite3, sys\n"
            "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "db.execute('BEGIN IMMEDIATE')\n"
            "db.execute('CREATE TABLE another (a)')\n"
            "print('writing')\n"
            "sys.stdin.read()\n",
            nss.database + "/cert9.db"});
        writer.waitForOutput("writing");
        const auto refused = nss.refusalOf(HelperVerb::Install, &made, oldPrint);
        CHECK_MESSAGE(contains(refused, "is being written"), refused);
    }
    SUBCASE("the key does not belong to the certificate")
    {
        auto mixed = made;
        mixed.key = nss.old.key;
        CHECK(contains(nss.refusalOf(HelperVerb::Install, &mixed, oldPrint), "does not belong"));
    }
    SUBCASE("there is no database")
    {
        fs::rename(nss.database + "/key4.db", nss.database + "/aside");
        CHECK_FALSE(nss.refusalOf(HelperVerb::Test) == "done");
        CHECK_FALSE(nss.refusalOf(HelperVerb::Install, &made, oldPrint) == "done");
        fs::remove(nss.database + "/key4.db");
        fs::rename(nss.database + "/aside", nss.database + "/key4.db");
    }
    SUBCASE("a nickname that the tools would take for something else")
    {
        for (const char* entry : {"-x", "token:web", ""}) {
            const model::HelperRequest request{HelperVerb::Inspect, nss.database, entry};
            const auto answer = nss::NssStore(nss.host.files, nss.passwordFile).answer(request);
            CHECK(contains(answer.refused.value_or("done"), "a nickname without"));
        }
    }
    checkSame();
}

TEST_CASE("several certificates under one nickname are refused, as all but one would be lost")
{
    NssHost nss;
    test::TestCertificateContent content;
    content.commonName = "web1.example.test";
    content.alternativeNames = "DNS:web1.example.test";
    const auto second = nss.add("second-nss", "web 1", content);
    CHECK(contains(nss.refusalOf(HelperVerb::Test), "several certificates"));
    CHECK(contains(nss.refusalOf(HelperVerb::Inspect), "several certificates"));
}

TEST_CASE(
    "the installer renews an NSS database through the program, and NSS's own server serves it")
{
#ifdef __SANITIZE_ADDRESS__
    MESSAGE("skipped here: a helper's memory limit leaves no room for a sanitizer's shadow");
    return;
#endif
    NssHost nss;
    auto& host = nss.host;
    const auto program = fs::read_symlink("/proc/self/exe").parent_path() / "perennial-nss-helper";
    REQUIRE(fs::exists(program));
    fs::copy(program, host.folder / "nss-helper"); // where nobody else can write
    host.writeGuard(
        {{"stores", "[{folder: " + nss.database + ", helper_timeout: 2m, helper: [" +
                        (host.folder / "nss-helper") + ", " + nss.passwordFile + "]}]"}});
    host.certificate = host.key = nss.database + "/web 1";
    CHECK(reasonOf(host.ask("preflight", {{"size", "8000"}})) == "done");
    REQUIRE(reasonOf(host.makeKey()) == "done");
    CHECK(reasonOf(host.ask("lend_keys")) == "done");
    const auto chain = host.issue();
    const auto oldPrint = nss.fingerprint();
    CHECK(reasonOf(host.ask("place", {{"chain", chain}, {"replaces", oldPrint}})) == "done");
    const auto newPrint = x509::Certificate::fromPem(chain)->fingerprint();
    CHECK(nss.fingerprint() == newPrint);
    CHECK(nss.isValid());
    const auto served = [&nss] {
        const int port = test::freePort();
        test::ChildProcess server({"/usr/bin/selfserv", "-d", "sql:" + nss.database, "-f",
            nss.passwordFile, "-n", "web 1", "-p", std::to_string(port)});
        server.waitForPort(port);
        const auto shown = mustRun({"/usr/bin/openssl", "s_client", "-connect",
            "127.0.0.1:" + std::to_string(port), "-CAfile", nss.host.pki()["root"].certificate,
            "-verify_return_error", "-servername", "web1.example.test"});
        return x509::Certificate::fromPem(shown)->fingerprint();
    };
    CHECK(served() == newPrint);
    CHECK(reasonOf(host.ask("switch_back")) == "done");
    CHECK(served() == oldPrint);
    CHECK(reasonOf(host.ask("place", {{"chain", chain}, {"replaces", oldPrint}})) == "done");
    CHECK(reasonOf(host.ask("finish")) == "done");
    CHECK(served() == newPrint);
    CHECK_FALSE(contains(nss.keys(), NssHost::keyIdOf(nss.old)));
    CHECK(nss.names() == databaseFiles);
    CHECK(host.filesIn("state/orders") ==
          std::set<std::string>{std::string(InstallerHost::order) + ".json"});
}
