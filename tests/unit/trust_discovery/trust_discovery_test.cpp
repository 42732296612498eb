// Whom a host trusts: stores made by Debian's update-ca-certificates, openssl and keytool.

#include "plugins/trust_discovery/trust_discovery.h"

#include "plugins/trust_discovery/trust_store.h"
#include "tests/support/child_process.h"
#include "tests/support/hostile_config.h"
#include "tests/support/test_pki.h"

using namespace perennial;
using namespace perennial::test;

namespace fs = std::filesystem;

namespace {

// "shipped" is the distribution's, "theirs" is not.
struct Host {
    TemporaryFolder folder;
    TestPki pki{folder};

    Host()
    {
        for (const auto* name : {"certs", "shipped/more", "local", "hooks"})
            fs::create_directories(folder / name);
        for (const auto* name : {"shipped", "theirs"})
            pki.makeRoot(name);
        fs::copy_file(pki["shipped"].certificate, folder / "shipped/more/shipped.crt");
        fs::copy_file(pki["theirs"].certificate, folder / "local/theirs.crt");
        folder.write("certs.conf", "more/shipped.crt\n");
    }
    void update() const
    {
        mustRun({"/usr/sbin/update-ca-certificates", "--fresh", "--localcertsdir", folder / "local",
            "--etccertsdir", folder / "certs", "--certsdir", folder / "shipped", "--certsconf",
            folder / "certs.conf", "--hooksdir", folder / "hooks"});
    }
    std::string bundle() const { return folder / "certs/ca-certificates.crt"; }
    Discovery discovery(const std::string& stores) const
    {
        const auto source =
            plugins::makeTrustDiscovery({{"stores", stores}, {"distribution", folder / "shipped"}});
        REQUIRE(source.ok());
        auto found = (*source)->discover();
        REQUIRE(found.ok());
        return *std::move(found);
    }
    std::string in(const std::string& stores) const
    {
        return textOf(discovery(stores), folder.path().string() + "/");
    }
};

} // namespace

TEST_CASE("a bundle and a folder that update-ca-certificates has made")
{
    const Host host;
    host.update();
    const auto counted = [](const std::string& store) {
        return "- " + store + ": 1 authorities of the distribution are trusted, and not listed\n";
    };
    CHECK(host.in(host.bundle()) ==
          "+ local-trust pem certs/ca-certificates.crt: trusted through certs/ca-certificates.crt, "
          "and not of the distribution\n" +
              counted("certs/ca-certificates.crt"));
    CHECK(
        host.in(host.folder / "certs") ==
        "+ local-trust pem local/theirs.crt: trusted through certs, and not of the distribution\n" +
            counted("certs"));
    const auto found = host.discovery(host.bundle());
    REQUIRE(found.found.size() == 1);
    CHECK(found.found[0].certificate->subject == "CN=theirs");
    // The same certificate is the distribution's, whoever put it there; of the same name is not.
    fs::copy_file(host.pki["theirs"].certificate, host.folder / "shipped/theirs.crt");
    CHECK(host.in(host.bundle()) ==
          "- certs/ca-certificates.crt: 2 authorities of the distribution are trusted, and not "
          "listed\n");
    CHECK(host.in("/nowhere").empty());
}

TEST_CASE("a Java key store")
{
    const Host host;
    const auto store = host.folder / "cacerts";
    const auto keytool = [&](std::vector<std::string> command) {
        command.insert(command.begin(), "/usr/bin/keytool");
        command.insert(command.end(),
            {"-keystore", store, "-storetype", "JKS", "-storepass", "changeit", "-noprompt"});
        mustRun(command);
    };
    for (const auto* name : {"shipped", "theirs"})
        keytool({"-importcert", "-alias", std::string("debian:") + name, "-file",
            host.pki[name].certificate});
    keytool({"-genkeypair", "-alias", "own", "-keyalg", "EC", "-dname", "CN=own"});
    CHECK(
        host.in(store) ==
        "+ local-trust jks cacerts#debian:theirs: trusted through cacerts, and not of the "
        "distribution\n- cacerts: 1 authorities of the distribution are trusted, and not listed\n");
}

TEST_CASE("of a folder OpenSSL reads what has the name of a hash, and all certificates of it")
{
    for (const auto* name : {"0123abcd.0", "ffffffff.12"})
        CHECK(plugins::trust::isHashName(name));
    for (const auto* name : {"0123abcd.", "0123abcd.r0", "0123ABCD.0", "0123abc.0", "0123abcd0", "",
             "0123abcd-0", "0123abcd.0.pem"})
        CHECK_FALSE(plugins::trust::isHashName(name));
    Host host;
    host.pki.issueServer("leaf.test", "theirs");
    const auto shipped = readText(host.pki["shipped"].certificate);
    const auto theirs = readText(host.pki["theirs"].certificate);
    host.folder.write("certs/theirs.pem", theirs);
    CHECK(host.in(host.folder / "certs").empty());
    auto hash = mustRun({"/usr/bin/openssl", "x509", "-noout", "-subject_hash", "-in",
        host.pki["theirs"].certificate});
    hash.resize(hash.find_last_not_of('\n') + 1);
    const auto name = "certs/" + hash + ".0";
    const auto trusted = readText([&] {
        const auto file = host.folder / "trusted";
        mustRun({"/usr/bin/openssl", "x509", "-trustout", "-addtrust", "serverAuth", "-in",
            host.pki["theirs"].certificate, "-out", file});
        return file;
    }());
    REQUIRE(trusted.find("BEGIN TRUSTED CERTIFICATE") != std::string::npos);
    auto older = theirs;
    for (auto at = older.find(" CERT"); at != std::string::npos; at = older.find(" CERT", at + 9))
        older.insert(at, " X509");
    // Whom we list OpenSSL trusts.
    for (const auto& second : {theirs, trusted, older}) {
        host.folder.write(name, shipped + second);
        CHECK(runTool({"/usr/bin/openssl", "verify", "-purpose", "sslserver", "-no-CAfile",
                          "-no-CAstore", "-CApath", host.folder / "certs",
                          host.pki["leaf.test"].certificate})
                  .status == 0);
        CHECK(host.in(host.folder / "certs") ==
              "+ local-trust pem " + name +
                  ": trusted through certs, and not of the distribution\n- certs: 1 authorities of "
                  "the distribution are trusted, and not listed\n");
    }
    host.folder.write(name, theirs + "-----BEGIN X509 CERTIFICATE-----\n");
    CHECK(host.in(host.folder / "certs") ==
          "+ local-trust pem " + name + ": trusted through certs, and not of the distribution\n- " +
              name + ": PEM X509 CERTIFICATE: no END line\n");
}

TEST_CASE("what of a store is not read is told")
{
    const Host host;
    const auto keytool = [&](const std::string& store, const std::string& type,
                             std::vector<std::string> command) {
        command.insert(command.begin(), "/usr/bin/keytool");
        command.insert(command.end(), {"-keystore", host.folder / store, "-storetype", type,
                                          "-storepass", "changeit", "-noprompt"});
        mustRun(command);
    };
    const auto theirs = host.pki["theirs"].certificate;
    keytool("default", "PKCS12", {"-importcert", "-alias", "a", "-file", theirs});
    CHECK(host.in(host.folder / "default") ==
          "- default: is neither PEM nor a Java key store (JKS), and not read\n");
    keytool("secret", "JCEKS", {"-genseckey", "-alias", "s", "-keyalg", "AES", "-keysize", "128"});
    CHECK(host.in(host.folder / "secret") == "- secret: what follows a secret key is not read\n");
    keytool("broken", "JKS", {"-importcert", "-alias", "a", "-file", theirs});
    auto bytes = readText(host.folder / "broken");
    const auto at = bytes.find("X.509");
    REQUIRE(at != std::string::npos);
    bytes[at + 5 + 4] = '\x31'; // behind the length: no SEQUENCE
    CHECK(
        host.in(host.folder.write("broken", bytes)) == "- broken: 1 certificates cannot be read\n");
    CHECK(host.in(host.folder.write("empty", "")).empty());
}

TEST_CASE("stores that mean harm are bounded, told, and never quoted")
{
    const Host host;
    const auto key = readText(host.pki["theirs"].key);
    CHECK(host.in(host.folder.write("key", key)).empty());
    CHECK(host.in(host.folder.write("jks", "\xFE\xED\xFE\xED junk")).starts_with("- "));
    CHECK(host.in(host.folder.write("big", std::string((8U << 20U) + 1, 'x'))).starts_with("- "));
    const auto half = host.folder.write("half", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    CHECK(host.in(half).find("MIIB") == std::string::npos);
    fs::create_symlink("loop", host.folder / "certs/0123abcd.1");
    fs::create_symlink("/nowhere", host.folder / "certs/0123abcd.2");
    CHECK(host.in(host.folder / "certs").find("0123abcd.2") != std::string::npos);
    for (int i = 0; i < 5010; ++i)
        host.folder.write("certs/" + std::to_string(10'000'000 + i) + ".0", "");
    const auto source = plugins::makeTrustDiscovery(
        {{"stores", host.folder / "certs"}, {"distribution", host.folder / "shipped"}});
    REQUIRE(source.ok());
    CHECK(discoveredWithinLimits(**source, host.folder.path().string())
              .find("too many files of trust stores") != std::string::npos);
    std::string deep = host.folder / "shipped";
    for (int i = 0; i < 10; ++i)
        deep += "/d";
    fs::create_directories(deep);
    fs::copy_file(host.pki["theirs"].certificate, deep + "/theirs.crt");
    CHECK(host.in(host.pki["theirs"].certificate).starts_with("+ local-trust"));
    CHECK_FALSE(plugins::makeTrustDiscovery({{"stores", "certs"}}).ok());
    CHECK_FALSE(plugins::makeTrustDiscovery({{"store", "/certs"}}).ok());
}

TEST_CASE("this Debian's own stores: nobody is trusted whom its packages do not bring")
{
    const auto found = (*plugins::makeTrustDiscovery({}))->discover();
    REQUIRE(found.ok());
    for (const auto& one : found->found) // whoever runs this may have added some
        CHECK(one.kind == "local-trust");
    CHECK_FALSE(found->skipped.empty());
}
