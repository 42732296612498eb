// PKCS#12 of openssl and of OpenJDK's keytool is read; what is written here, they read.

#include "shared/x509/pkcs12.h"

#include "tests/support/child_process.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using x509::Pkcs12;
using x509::readPkcs12;

namespace {

// OpenJDK takes ASCII only.
constexpr const char* password = "pass:word 1";
const std::string passwordText = std::string(password).substr(5);

Secret secret(const std::string& text = passwordText) { return Secret(text); }

struct Store {
    Store()
    {
        pki.makeRoot("Root");
        pki.makeAuthority("Issuing", "Root");
        pki.issueServer("web.example.test", "Issuing");
    }
    const TestCertificate& web() const { return pki["web.example.test"]; }
    // What openssl exports of the server's pair.
    std::string exported(const std::vector<std::string>& options = {}) const
    {
        std::vector<std::string> command = {"pkcs12", "-export", "-inkey", web().key, "-in",
            web().fullChain, "-name", "web1", "-passout", password, "-out", folder / "out.p12"};
        command.insert(command.end(), options.begin(), options.end());
        openssl(command);
        return readText(folder / "out.p12");
    }

    TemporaryFolder folder;
    TestPki pki{folder};
};

std::string refusalOf(const std::string& bytes, std::int64_t limit = x509::pkcs12IterationLimit)
{
    const auto read = readPkcs12(bytes, secret(), limit);
    return read ? "accepted" : read.error().message;
}

// The nth occurrence of `from`, counted from 0, becomes `to`; both of one length.
std::string patched(std::string bytes, const std::string& from, const std::string& to, int nth)
{
    std::size_t at = bytes.find(from);
    while (nth-- > 0 && at != std::string::npos)
        at = bytes.find(from, at + 1);
    REQUIRE(at != std::string::npos);
    REQUIRE(from.size() == to.size());
    return bytes.replace(at, from.size(), to);
}

void checkWeb(const Pkcs12& read, const Store& store)
{
    REQUIRE(read.keys.size() == 1);
    const auto& pair = read.keys.front();
    CHECK(pair.alias == "web1");
    REQUIRE(pair.chain.size() == 3);
    CHECK(pair.chain.front() == certificateIn(store.web().certificate));
    CHECK(pair.chain[1] == certificateIn(store.pki["Issuing"].certificate));
    CHECK(pair.key.matches(pair.chain.front()));
    CHECK(read.others.empty());
    CHECK(read.unread == 0);
}

} // namespace

TEST_CASE("what openssl exports is read, modern, old and without encryption of certificates")
{
    const Store store;
    const std::vector<std::vector<std::string>> ways = {{}, {"-legacy"}, {"-descert"},
        {"-certpbe", "NONE"}, {"-certpbe", "PBE-SHA1-RC4-128", "-legacy"}, {"-keypbe", "NONE"},
        {"-keypbe", "AES-128-CBC", "-macalg", "SHA512"}, {"-iter", "100000"},
        {"-noiter", "-nomaciter"}};
    for (const auto& way : ways) {
        CAPTURE(way);
        const auto bytes = store.exported(way);
        CHECK(x509::isPkcs12(bytes));
        const auto read = readPkcs12(bytes, secret());
        REQUIRE_MESSAGE(read.ok(), read.error().message);
        CHECK(read->hasMac);
        checkWeb(*read, store);
    }
    const auto unproven = readPkcs12(store.exported({"-nomac"}), secret());
    REQUIRE(unproven.ok());
    CHECK_FALSE(unproven->hasMac);
}

TEST_CASE("no password and an empty one are both read")
{
    const Store store;
    const auto empty = readPkcs12(store.exported({"-passout", "pass:"}), Secret());
    REQUIRE_MESSAGE(empty.ok(), empty.error().message);
    checkWeb(*empty, store);
    CHECK_FALSE(readPkcs12(store.exported(), Secret()).ok());
}

TEST_CASE("what is written here, openssl and keytool read; the alias stays")
{
    const Store store;
    const std::string alias = "w\xC3\xA9"
                              "b 1";
    for (const char* type : {"ec-p256", "rsa-2048"}) {
        const auto& pair = store.pki["web.example.test"];
        TestPki pki(store.folder);
        pki.makeRoot("R" + std::string(type));
        const auto& made = pki.issue("leaf-" + std::string(type), "R" + std::string(type),
            {.commonName = "leaf", .keyType = type});
        auto chain = x509::Certificate::allFromPem(readText(made.fullChain)).value();
        const auto key = x509::PrivateKey::fromPem(Secret(readText(made.key))).value();
        const auto bytes = x509::writePkcs12(alias, key, chain, secret());
        REQUIRE_MESSAGE(bytes.ok(), bytes.error().message);
        const auto file = store.folder.write("ours.p12", *bytes);
        const auto said = openssl({"pkcs12", "-in", file, "-passin", password, "-nodes", "-info"});
        CHECK(said.find("friendlyName: w\xE9"
                        "b 1") != std::string::npos);
        const auto outline = runTool(
            {"/usr/bin/openssl", "pkcs12", "-in", file, "-passin", password, "-noout", "-info"})
                                 .output;
        CHECK(outline.find("MAC: sha256, Iteration 10000") != std::string::npos);
        CHECK(outline.find("MAC length: 32, salt length: 16") != std::string::npos);
        CHECK(outline.find("Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF "
                           "hmacWithSHA256") != std::string::npos);
        CHECK(outline.find("sha1") == std::string::npos);
        const auto listed = mustRun({"/usr/bin/keytool", "-J-Dfile.encoding=UTF-8", "-list", "-v",
            "-keystore", file, "-storetype", "PKCS12", "-storepass:file",
            store.folder.write("word", passwordText)});
        CHECK(listed.find("Entry type: PrivateKeyEntry") != std::string::npos);
        CHECK(listed.find("Certificate chain length: 2") != std::string::npos);
        const auto again = readPkcs12(*bytes, secret());
        REQUIRE(again.ok());
        CHECK(again->keys.front().alias == alias);
        CHECK(again->keys.front().chain == chain);
        CHECK(again->keys.front().key.publicKeyDer() == key.publicKeyDer());
        CHECK(*bytes != *x509::writePkcs12("w", key, chain, secret())); // salts
        // Never a key without its own certificate, nor one that nothing protects.
        const auto other = certificateIn(pair.certificate);
        CHECK_FALSE(x509::writePkcs12("w", key, {other}, secret()).ok());
        CHECK_FALSE(x509::writePkcs12("w", key, {}, secret()).ok());
        CHECK_FALSE(x509::writePkcs12("w", key, chain, Secret()).ok());
    }
}

TEST_CASE("a key store of keytool with two keys and a trust anchor is read whole")
{
    const Store store;
    const auto file = store.folder / "java.p12";
    const auto word = store.folder.write("word", "changeit");
    const auto keytool = [&](std::vector<std::string> command) {
        command.insert(command.begin(), "/usr/bin/keytool");
        command.insert(command.end(),
            {"-keystore", file, "-storetype", "PKCS12", "-storepass:file", word, "-noprompt"});
        mustRun(command);
    };
    keytool({"-genkeypair", "-alias", "One", "-keyalg", "EC", "-dname", "CN=one"});
    keytool({"-genkeypair", "-alias", "two", "-keyalg", "RSA", "-dname", "CN=two"});
    keytool({"-importcert", "-alias", "anchor", "-file", store.pki["Root"].certificate});
    keytool({"-genseckey", "-alias", "word", "-keyalg", "AES", "-keysize", "256"});
    const auto read = readPkcs12(readText(file), secret("changeit"));
    REQUIRE_MESSAGE(read.ok(), read.error().message);
    REQUIRE(read->keys.size() == 2);
    CHECK(read->keys[0].alias == "one"); // OpenJDK's aliases have no letter case
    CHECK(read->keys[0].chain.front().commonName() == "one");
    CHECK(read->keys[1].chain.front().commonName() == "two");
    REQUIRE(read->others.size() == 1);
    CHECK(read->others.front().alias == "anchor");
    CHECK(read->others.front().trusted);
    CHECK(read->unread == 1);
}

TEST_CASE("a wrong password and a damaged MAC are told from a damaged file")
{
    const Store store;
    const auto bytes = store.exported();
    const auto wrong = readPkcs12(bytes, secret("other"));
    REQUIRE_FALSE(wrong.ok());
    CHECK(wrong.error().kind == ErrorKind::PermissionDenied);
    // Without a MAC the decryption tells.
    CHECK(readPkcs12(store.exported({"-nomac"}), secret("other")).error().kind ==
          ErrorKind::PermissionDenied);
    auto damaged = bytes;
    damaged[damaged.size() - 20] ^= 1; // in the MAC's salt
    CHECK(readPkcs12(damaged, secret()).error().kind == ErrorKind::PermissionDenied);
    for (const auto& other : {bytes.substr(0, bytes.size() - 1), bytes + "x", std::string(),
             std::string("x"), readText(store.web().certificate)}) {
        CHECK_FALSE(x509::isPkcs12(other));
        CHECK(readPkcs12(other, secret()).error().kind == ErrorKind::InvalidInput);
    }
    CHECK(refusalOf(std::string(x509::pkcs12SizeLimit + 1, '0')).find("over 1 MB") !=
          std::string::npos);
}

TEST_CASE("iteration counts are bounded, each and all together, before they are paid for")
{
    const Store store;
    const auto bytes = store.exported({"-iter", "65536"});
    const auto bare = store.exported({"-iter", "65536", "-nomac"});
    const std::string counted("\x02\x03\x01\x00\x00", 5);
    for (const auto& count :
        {std::string("\x02\x03\x7F\xFF\xFF", 5), std::string("\x02\x03\x80\x00\x00", 5)}) {
        for (const int nth : {0, 1, 2}) // certificates, key, MAC
            CHECK(refusalOf(patched(bytes, counted, count, nth)) != "accepted");
        // Without a MAC that fails first; openssl encrypts only the key then.
        CHECK(refusalOf(patched(bare, counted, count, 0)).find("iteration counts") !=
              std::string::npos);
    }
    CHECK(refusalOf(patched(bytes, counted, std::string("\x02\x03\x7F\xFF\xFF", 5), 2))
              .find("iteration counts") != std::string::npos);
    CHECK(refusalOf(bytes, std::int64_t{65536} * 3) == "accepted");
    CHECK(refusalOf(bytes, std::int64_t{65536} * 3 - 1).find("iteration counts") !=
          std::string::npos);
    const auto old = store.exported({"-iter", "65536", "-legacy"});
    CHECK(
        refusalOf(old, std::int64_t{65536} * 3 - 1).find("iteration counts") != std::string::npos);
}

TEST_CASE("a name that is NULL is no name; entries that nobody knows are counted")
{
    const Store store;
    const auto bytes = store.exported({"-nomac", "-certpbe", "NONE"});
    const std::string name("\x1E\x08\0w\0e\0b\0001", 10);
    const std::string null("\x05\x00\x04\x06"
                           "abcdef",
        10);
    const auto read = readPkcs12(patched(patched(bytes, name, null, 0), name, null, 0), secret());
    REQUIRE_MESSAGE(read.ok(), read.error().message);
    CHECK(read->keys.front().alias.empty());
    CHECK(read->keys.front().chain.size() == 3);
    const std::string unprintable("\x1E\x08\0w\0\x1B\0b\0001", 10);
    CHECK(refusalOf(patched(bytes, name, unprintable, 0)).find("printable") != std::string::npos);
    // A content type that stands for nothing (CVE-2024-0727): data without data.
    const std::string data("\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01", 9);
    const std::string encrypted("\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03", 9);
    CHECK(refusalOf(patched(bytes, data, encrypted, 1)) != "accepted");
}

TEST_CASE("a key of a kind that is refused is counted, and its certificate is still there")
{
    const Store store;
    TestPki pki(store.folder);
    openssl({"ecparam", "-name", "secp256k1", "-genkey", "-noout", "-out", store.folder / "k"});
    openssl({"req", "-x509", "-new", "-key", store.folder / "k", "-subj", "/CN=odd", "-out",
        store.folder / "c"});
    openssl({"pkcs12", "-export", "-inkey", store.folder / "k", "-in", store.folder / "c",
        "-passout", password, "-out", store.folder / "odd.p12"});
    const auto read = readPkcs12(readText(store.folder / "odd.p12"), secret());
    REQUIRE_MESSAGE(read.ok(), read.error().message);
    CHECK(read->keys.size() + read->unread >= 1);
}
