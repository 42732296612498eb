// Key stores that a JDK's keytool made.

#include "shared/x509/java_key_store.h"

#include "tests/support/child_process.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::test;

namespace {

constexpr const char* keytool = "/usr/bin/keytool";

bool haveKeytool()
{
    if (::access(keytool, X_OK) == 0) return true;
    MESSAGE("skipped here: there is no keytool");
    return false;
}

void mustKeytool(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), keytool);
    const auto done = runTool(arguments, "", 60);
    REQUIRE_MESSAGE(done.status == 0, done.output);
}

// A JKS by hand, for what keytool does not write. Entries follow the count.
std::string store(std::uint32_t version, std::uint32_t count, const std::string& entries)
{
    const auto number = [](std::uint32_t value) {
        return *fromHex([&] {
            std::string text;
            for (int shift = 28; shift >= 0; shift -= 4)
                text += "0123456789abcdef"[(value >> static_cast<unsigned>(shift)) & 15U];
            return text;
        }());
    };
    return "\xFE\xED\xFE\xED" + number(version) + number(count) + entries + std::string(20, '\0');
}

std::string refusalOf(const std::string& bytes)
{
    const auto read = x509::readJavaKeyStore(bytes);
    return read ? "accepted" : read.error().message;
}

} // namespace

TEST_CASE("keytool's JKS and JCEKS files give their certificates without a password")
{
    if (!haveKeytool()) return;
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    const auto& web = pki.issueServer("web.test", "root");
    openssl({"pkcs12", "-export", "-in", web.fullChain, "-inkey", web.key, "-name", "web",
        "-passout", "pass:secret1", "-out", folder / "web.p12"});
    for (const std::string type : {"JKS", "JCEKS"}) {
        CAPTURE(type);
        const auto file = folder / (type + ".store");
        mustKeytool({"-importkeystore", "-noprompt", "-srckeystore", folder / "web.p12",
            "-srcstoretype", "PKCS12", "-srcstorepass", "secret1", "-destkeystore", file,
            "-deststoretype", type, "-deststorepass", "secret2"});
        mustKeytool({"-importcert", "-noprompt", "-keystore", file, "-storetype", type,
            "-storepass", "secret2", "-alias", "anchor", "-file", pki["root"].certificate});
        const auto bytes = readText(file);
        CHECK(x509::looksLikeJavaKeyStore(bytes));
        const auto read = x509::readJavaKeyStore(bytes);
        REQUIRE_MESSAGE(read.ok(), (read ? "" : read.error().message));
        REQUIRE(read->entries.size() == 2);
        CHECK(read->unreadable == 0);
        CHECK_FALSE(read->cutShort);
        for (const auto& entry : read->entries) {
            CHECK(entry.trusted == (entry.alias == "anchor"));
            REQUIRE(entry.certificates.size() == (entry.trusted ? 1 : 2));
            CHECK(entry.certificates.front() ==
                  certificateIn(entry.trusted ? pki["root"].certificate : web.certificate));
        }
        for (std::size_t size = 0; size < bytes.size(); ++size)
            REQUIRE_FALSE(x509::readJavaKeyStore(bytes.substr(0, size)).ok());
        CHECK(refusalOf(bytes + "x").find("its end") != std::string::npos);
    }
}

TEST_CASE("a secret key ends the reading, and what came before is kept")
{
    if (!haveKeytool()) return;
    const TemporaryFolder folder;
    const auto file = folder / "secret.jceks";
    mustKeytool({"-genseckey", "-alias", "s", "-keyalg", "AES", "-keysize", "128", "-keystore",
        file, "-storetype", "JCEKS", "-storepass", "secret1", "-keypass", "secret1"});
    const auto read = x509::readJavaKeyStore(readText(file));
    REQUIRE(read.ok());
    CHECK(read->cutShort);
    CHECK(read->entries.empty());
}

TEST_CASE("what is no key store, or says more than it holds, is refused")
{
    CHECK(refusalOf("") == "Java key store: not one");
    CHECK(refusalOf("\xFE\xED\xFE\xED") == "Java key store: cut short");
    CHECK(refusalOf(store(2, 0, "")) == "accepted");
    CHECK(refusalOf(store(3, 0, "")) == "Java key store: an unknown version");
    CHECK(refusalOf(store(2, 0xFFFFFFFFU, "")) == "Java key store: too many entries");
    CHECK(refusalOf(store(2, 10'000, "")) == "Java key store: an unknown kind of entry");
    const std::string alias("\0\1a\0\0\0\0\0\0\0\0", 11);
    const std::string trusted("\0\0\0\2", 4);
    const std::string keyTag("\0\0\0\1", 4);
    CHECK(refusalOf(store(2, 1, std::string("\0\0\0\x09", 4) + alias)) ==
          "Java key store: an unknown kind of entry");
    CHECK(refusalOf(store(2, 1, std::string("\0\0\0\3", 4) + alias)) ==
          "Java key store: an unknown kind of entry"); // secret keys are JCEKS's
    CHECK(refusalOf(store(2, 1, trusted + alias + std::string("\0\5X.509\xFF\xFF\xFF\xFF", 11))) ==
          "Java key store: cut short");
    CHECK(refusalOf(store(
              2, 1, keyTag + alias + std::string("\0\0\0\0", 4) + std::string("\0\0\0\x65", 4))) ==
          "Java key store: a chain that is too long");
    // A certificate that is none costs itself only; the alias is made printable.
    const auto odd = x509::readJavaKeyStore(store(2, 1,
        trusted + std::string("\0\1\xFF\0\0\0\0\0\0\0\0", 11) +
            std::string("\0\5X.509\0\0\0\2\x30\0", 13)));
    REQUIRE(odd.ok());
    CHECK(odd->unreadable == 1);
    CHECK(isValidUtf8(odd->entries.at(0).alias));
}
