#include "shared/tls/tls_settings.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

TEST_CASE("an identity is the chain of the file, leaf first, and its key")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.makeAuthority("issuing", "root");
    const auto& files = pki.issueServer("example.test", "issuing");

    const auto identity = tls::loadIdentity(files.chain, files.key);
    REQUIRE(identity.ok());
    REQUIRE(identity->chain.size() == 2);
    CHECK(identity->chain[0].commonName() == "example.test");
    CHECK(identity->chain[1].commonName() == "issuing");
    CHECK(identity->key->matches(identity->chain[0]));
}

TEST_CASE("an identity behind links is read")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    const auto& files = pki.issueServer("example.test", "root");
    std::filesystem::create_symlink(files.chain, folder / "live.pem");
    std::filesystem::create_symlink(files.key, folder / "live.key");
    CHECK(tls::loadIdentity(folder / "live.pem", folder / "live.key").ok());
}

TEST_CASE("an identity whose parts do not fit or that others may read is refused by name")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    const auto files = pki.issueServer("example.test", "root");
    const auto other = pki.issueServer("other.test", "root");

    const auto wrongKey = tls::loadIdentity(files.chain, other.key);
    REQUIRE_FALSE(wrongKey.ok());
    CHECK(wrongKey.error().kind == ErrorKind::InvalidInput);
    CHECK(wrongKey.error().message.find("other.test.key is not the key of") != std::string::npos);

    const auto missing = tls::loadIdentity(files.chain, folder / "none.key");
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().kind == ErrorKind::NotFound);
    CHECK(tls::loadIdentity(folder / "none.pem", files.key).error().kind == ErrorKind::NotFound);

    const auto empty = tls::loadIdentity(folder.write("empty.pem", "no certificate\n"), files.key);
    REQUIRE_FALSE(empty.ok());
    CHECK(empty.error().kind == ErrorKind::InvalidInput);

    const auto folderAsKey = tls::loadIdentity(files.chain, folder.path().string());
    REQUIRE_FALSE(folderAsKey.ok());

    for (const mode_t mode : {0640U, 0604U, 0610U}) {
        const auto key = folder.write("open.key", readText(files.key), mode);
        const auto readable = tls::loadIdentity(files.chain, key);
        REQUIRE_FALSE(readable.ok());
        CHECK(readable.error().kind == ErrorKind::PermissionDenied);
        CHECK(readable.error().message.find("open.key can be read by others") != std::string::npos);
    }
    // Nobody may put another key there, behind a link either.
    std::filesystem::create_directory(folder / "open");
    std::filesystem::create_symlink(files.key, folder / "open/live.key");
    REQUIRE(::chmod((folder / "open").c_str(), 0770) == 0);
    const auto inOpen = tls::loadIdentity(files.chain, folder / "open/live.key");
    REQUIRE_FALSE(inOpen.ok());
    CHECK(inOpen.error().kind == ErrorKind::PermissionDenied);
    CHECK(inOpen.error().message.find("is writable by its group") != std::string::npos);
}
