// Files of every form, made by openssl and a JDK's keytool, under names that say nothing.

#include "plugins/files_discovery/files_discovery.h"

#include "tests/support/child_process.h"
#include "tests/support/discovery_text.h"
#include "tests/support/nss_database.h"
#include "tests/support/test_pki.h"

#include <algorithm>
#include <ctime>
#include <doctest/doctest.h>
#include <map>
#include <set>
#include <unistd.h>

using namespace perennial;
using namespace perennial::test;

namespace fs = std::filesystem;

namespace {

struct Host {
    TemporaryFolder made;
    TemporaryFolder folder;
    TestPki pki{made};
    std::string password;

    Host() : password(made.write("password", "secret1\nanother line\n"))
    {
        pki.makeRoot("root");
        pki.issueServer("a.test", "root");
    }
    const TestCertificate& a() const { return pki["a.test"]; }
    const std::string& root() const { return pki["root"].certificate; }
    void openssl(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), "/usr/bin/openssl");
        mustRun(arguments);
    }
    std::string discovered(bool withPassword = false) const
    {
        PluginSettings settings{{"folders", folder.path().string()}};
        if (withPassword) settings["password_files"] = folder.path().string() + ": " + password;
        const auto source = plugins::makeFilesDiscovery(settings);
        REQUIRE(source.ok());
        const auto found = (*source)->discover();
        REQUIRE(found.ok());
        for (const auto& one : found->found)
            CHECK((one.certificate || one.kind == "unknown"));
        return textOf(*found, folder.path().string() + "/");
    }
};

const std::string noKey = ": no key was found for it\n";
const std::string ofAuthority = ": the certificate of an authority\n";

} // namespace

TEST_CASE("certificates are found in every form, whatever the file's name")
{
    const Host host;
    SUBCASE("DER, and its key beside it in DER")
    {
        host.openssl({"x509", "-in", host.a().certificate, "-outform", "DER", "-out",
            host.folder / "notes.txt"});
        CHECK(host.discovered() == "+ end-entity der notes.txt: kept as der, which nothing here "
                                   "renews\n");
        host.openssl({"pkey", "-in", host.a().key, "-outform", "DER", "-out", host.folder / "b"});
        CHECK(host.discovered() == "+ end-entity der notes.txt b: kept as der, which nothing here "
                                   "renews\n");
    }
    SUBCASE("PEM of OpenSSL's own, with what it says of trust")
    {
        host.openssl({"x509", "-in", host.root(), "-trustout", "-addtrust", "serverAuth", "-out",
            host.folder / "trusted"});
        CHECK(host.discovered() == "+ trust pem trusted: it is there to be trusted\n");
    }
    SUBCASE("PEM in the middle of other text, behind the first block, with other line ends")
    {
        std::string pem = readText(host.a().certificate);
        for (auto at = pem.find('\n'); at != std::string::npos; at = pem.find('\n', at + 2))
            pem.insert(at, "\r");
        host.folder.write("late.log", std::string(50'000, 'x') + "\n" + pem + "more text\n");
        host.folder.write("bom.txt", "\xEF\xBB\xBF" + readText(host.a().certificate));
        host.folder.write(
            "old", "-----BEGIN X509 CERTIFICATE-----" +
                       pem.substr(pem.find('\r'), pem.find("-----END") - pem.find('\r')) +
                       "-----END X509 CERTIFICATE-----\n");
        CHECK(host.discovered() == "+ end-entity pem bom.txt" + noKey +
                                       "+ end-entity pem late.log" + noKey +
                                       "+ end-entity pem old" + noKey);
    }
    SUBCASE("PKCS#7 in DER and PEM")
    {
        for (const char* form : {"DER", "PEM"})
            host.openssl({"crl2pkcs7", "-nocrl", "-certfile", host.a().fullChain, "-outform", form,
                "-out", host.folder / (std::string("p7.") + form)});
        const std::string why = ": kept as pkcs7, which nothing here renews\n";
        const auto text = host.discovered();
        // A SET of certificates has no first one: each is told.
        CHECK(text.find("+ end-entity pkcs7 p7.DER" + why) != std::string::npos);
        CHECK(text.find("+ end-entity pkcs7 p7.PEM" + why) != std::string::npos);
    }
    SUBCASE("PKCS#12, with and without its password")
    {
        host.openssl({"pkcs12", "-export", "-in", host.a().fullChain, "-inkey", host.a().key,
            "-passout", "pass:secret1", "-out", host.folder / "store"});
        CHECK(host.discovered() ==
              "+ unknown pkcs12 store: encrypted, and no password that opens it is known\n");
        CHECK(
            host.discovered(true) ==
            "+ end-entity pkcs12 store store: in a PKCS#12 file: renewed where a key_store source "
            "names it\n");
        host.openssl({"pkcs12", "-export", "-in", host.a().fullChain, "-inkey", host.a().key,
            "-passout", "pass:other", "-out", host.folder / "store"});
        CHECK(host.discovered(true) ==
              "+ unknown pkcs12 store: encrypted, and no password that opens it is known\n"
              "- store: PKCS#12: the password is another one, or it is damaged\n");
    }
    SUBCASE("an encrypted key is matched by the password of its file")
    {
        host.openssl({"pkcs8", "-topk8", "-in", host.a().key, "-out", host.folder / "k", "-passout",
            "pass:secret1"});
        fs::copy_file(host.a().certificate, host.folder / "c");
        CHECK(host.discovered() == "+ end-entity pem c" + noKey);
        CHECK(host.discovered(true) == "c k\n");
    }
}

TEST_CASE("a database of NSS that the walk meets is a slot for each certificate with its key")
{
    const Host host;
    NssDatabase database(host.folder / "nss", "secret1");
    database.add("web 1", host.a().key, host.a().chain).trust("the root", host.root());
    CHECK(host.discovered() == "nss/web 1 nss/web 1\n"
                               "+ authority nss nss/cert9.db#the root: the certificate of an "
                               "authority\n");
    SUBCASE("but not in a copy, which no helper works on")
    {
        fs::rename(host.folder / "nss/cert9.db", host.folder / "nss/old.db");
        CHECK(host.discovered().find("+ end-entity nss nss/old.db#web 1" + noKey) == 0);
    }
    SUBCASE("nor without the keys beside it")
    {
        fs::create_directory(host.folder / "away");
        fs::rename(host.folder / "nss/key4.db", host.folder / "away/key4.db");
        CHECK(host.discovered().find("+ end-entity nss nss/cert9.db#web 1" + noKey) == 0);
    }
    SUBCASE("nor when it is damaged: said, and nothing is quoted")
    {
        auto bytes = readText(host.folder / "nss/cert9.db");
        std::fill(bytes.begin() + 4096, bytes.end(), 'x');
        host.folder.write("nss/cert9.db", bytes);
        CHECK(host.discovered() ==
              "- nss/cert9.db: the database cannot be read: database disk image is malformed\n");
    }
}

TEST_CASE("a Java key store's certificates are found without its password")
{
    if (::access("/usr/bin/keytool", X_OK) != 0) {
        MESSAGE("skipped here: there is no keytool");
        return;
    }
    const Host host;
    host.openssl({"pkcs12", "-export", "-in", host.a().fullChain, "-inkey", host.a().key, "-name",
        "web", "-passout", "pass:secret1", "-out", host.made / "web.p12"});
    const auto keytool = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"/usr/bin/keytool", "-noprompt"});
        std::rotate(arguments.begin() + 1, arguments.begin() + 2, arguments.begin() + 3);
        const auto done = runTool(arguments, "", 60);
        REQUIRE_MESSAGE(done.status == 0, done.output);
    };
    keytool({"-importkeystore", "-srckeystore", host.made / "web.p12", "-srcstoretype", "PKCS12",
        "-srcstorepass", "secret1", "-destkeystore", host.folder / "app.data", "-deststoretype",
        "JKS", "-deststorepass", "changeit"});
    keytool({"-importcert", "-keystore", host.folder / "app.data", "-storetype", "JKS",
        "-storepass", "changeit", "-alias", "anchor", "-file", host.root()});
    const auto text = host.discovered();
    CHECK(text.find("+ end-entity jks app.data#web: kept as jks, which nothing here renews\n") !=
          std::string::npos);
    CHECK(text.find("+ trust jks app.data#anchor: ") != std::string::npos);
}

TEST_CASE("what only looks like a certificate costs little and stops nothing")
{
    const Host host;
    std::string lines;
    while (lines.size() < 1'000'000)
        lines += "-----BEGIN CERTIFICATE-----\n";
    host.folder.write("begins", lines);                                              // C56
    host.folder.write("no-end", lines.substr(0, 28) + std::string(900'000, 'A'));    // C56
    host.folder.write("length", "\x30\x84\xFF\xFF\xFF\xFF" + std::string(100, 'x')); // C57
    std::string nested;
    for (int i = 0; i < 10'000; ++i)
        nested += "\x30\x80";
    host.folder.write("nested", nested); // C57
    host.folder.write("short", std::string("\x30\x82\x01\x00", 4) + std::string(256, '\0'));
    host.folder.write("java", "\xFE\xED\xFE\xED" + std::string("\0\0\0\2\xFF\xFF\xFF\xFF", 8));
    host.folder.write("pkcs12", std::string("\x30\x80\x02\x01\x03\x30\x80", 7) + nested);
    fs::copy_file(host.a().certificate, host.folder / "web");
    const auto start = std::clock();
    const auto text = host.discovered();
    CHECK((std::clock() - start) / CLOCKS_PER_SEC < 2);
    CHECK(text.find("+ end-entity pem web" + noKey) == 0);
    for (const char* name : {"begins", "no-end", "java", "pkcs12"})
        CHECK_MESSAGE(text.find("- " + std::string(name) + ": ") != std::string::npos, text);
}

TEST_CASE("odd certificates are found or said")
{
    Host host;
    const auto put = [&](const std::string& name, const std::vector<std::string>& more) {
        std::vector<std::string> command = {"req", "-x509", "-key", host.a().key, "-subj",
            "/CN=odd\\x1b[31m", "-out", host.folder / name};
        command.insert(command.end(), more.begin(), more.end());
        host.openssl(command);
    };
    put("negative", {"-set_serial", "-5"}); // C60
    put("zero", {"-set_serial", "0"});
    std::string names = "subjectAltName=DNS:a b.test"; // C62
    put("space", {"-addext", names});
    put("types", {"-addext", // C63
                     "subjectAltName=otherName:1.2.3.4;UTF8:x,RID:1.2.3,dirName:d", "-config",
                     host.made.write("types.cnf", "[req]\ndistinguished_name=d\n[d]\nCN=x\n")});
    for (int i = 0; i < 8'000; ++i)
        names += ",DNS:n" + std::to_string(i) + ".test";
    put("many", {"-config", host.made.write("many.cnf", "[req]\ndistinguished_name=d\n"
                                                        "x509_extensions=e\n[d]\n[e]\n" +
                                                            names + "\n")}); // C58
    const auto& far = host.pki.issue("far", "root",
        {.commonName = "far", .notBefore = "20500101000000Z", .notAfter = "99991231235959Z"});
    fs::copy_file(far.certificate, host.folder / "far"); // C64

    const auto source = plugins::makeFilesDiscovery({{"folders", host.folder.path().string()}});
    const auto found = (*source)->discover();
    REQUIRE(found.ok());
    std::map<std::string, model::CertificateFacts> facts;
    for (const auto& one : found->found)
        facts[fs::path(one.place.certificatePath).filename().string()] = one.certificate.value();
    CHECK(facts.at("negative").serial == "-05");
    CHECK(facts.at("zero").serial == "00");
    CHECK(facts.at("space").names.at(0) == "other:82086120622e74657374"); // as it is
    CHECK(facts.at("types").names.size() == 3);
    CHECK(toRfc3339(facts.at("far").notAfter) == "9999-12-31T23:59:59Z");
    CHECK(toRfc3339(facts.at("far").notBefore) == "2050-01-01T00:00:00Z");
    CHECK(facts.count("many") == 0);
    CHECK(textOf(*found, host.folder.path().string() + "/")
              .find("- many: certificate: over 65536 bytes") != std::string::npos);
}

TEST_CASE("passwords are named by the file or folder that they are for, and never told")
{
    const auto refusal = [](const std::string& lines) {
        const auto made =
            plugins::makeFilesDiscovery({{"folders", "/a"}, {"password_files", lines}});
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal("/a/b.p12: /c\n/d: /e").empty());
    for (const char* wrong : {"/a", "/a:/b", "a: /b", "/a: b", ": "})
        CHECK(refusal(wrong).find("password_files: must be") == 0);

    const Host host;
    host.openssl({"pkcs12", "-export", "-in", host.a().fullChain, "-inkey", host.a().key,
        "-passout", "pass:secret1", "-out", host.folder / "store"});
    const auto discovered = [&](const std::string& named, const std::string& file) {
        const auto source = plugins::makeFilesDiscovery(
            {{"folders", host.folder.path().string()}, {"password_files", named + ": " + file}});
        return textOf(*(*source)->discover(), host.folder.path().string() + "/");
    };
    const auto store = host.folder / "store";
    CHECK(discovered(store, host.password).find("+ end-entity pkcs12") == 0);
    CHECK(discovered("/", host.password).find("+ end-entity pkcs12") == 0);
    CHECK(discovered(store.substr(0, store.size() - 1), host.password).find("+ unknown") == 0);
    CHECK(discovered(host.folder / "stor", host.password).find("+ unknown") == 0);
    const auto missing = discovered(store, "/nowhere/password");
    CHECK(missing.find("- password file of ") != std::string::npos);
    CHECK(missing.find("secret1") == std::string::npos);
}
