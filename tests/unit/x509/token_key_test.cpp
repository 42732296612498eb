#include "shared/x509/token_key.h"

#include "shared/x509/authority.h"
#include "shared/x509/cms.h"
#include "shared/x509/revocation_list.h"
#include "tests/support/soft_token.h"
#include "tests/unit/x509/samples.h"

#include <doctest/doctest.h>
#include <thread>

using namespace perennial;
using namespace perennial::test;
using x509::PrivateKey;

namespace {

// In the token, keys that openssl made.
struct EngineToken {
    EngineToken() { REQUIRE(::setenv("SOFTHSM2_CONF", token.config().c_str(), 1) == 0); }
    ~EngineToken() { ::unsetenv("SOFTHSM2_CONF"); }

    void import(const std::string& label, const std::string& id, const std::string& keyType) const
    {
        const auto key = PrivateKey::generate(keyType).value();
        const auto file = token.folder().write(label + ".pem", std::string(key.toPem().reveal()));
        token.importKey(file, label, id);
    }
    static Result<PrivateKey> open(const std::string& label)
    {
        return x509::openTokenKey({SoftToken::module, Secret(SoftToken::pin)},
            "pkcs11:token=web;object=" + label + ";type=private");
    }

    SoftToken token;
};

TimePoint at(const std::string& text) { return timeFromRfc3339(text).value(); }

void signWithManyThreads(const PrivateKey& key)
{
    const auto root = x509::makeRoot(
        {"Token CA", at("2026-01-01T00:00:00Z"), at("2046-01-01T00:00:00Z"), -1}, key)
                          .value();
    const auto leafKey = PrivateKey::generate("ec-p256").value();
    const auto subject = x509::subjectDerFromText("web1").value();
    std::array<int, 4> good{};
    {
        std::vector<std::jthread> threads;
        for (auto& count : good) {
            threads.emplace_back([&] {
                for (int i = 0; i < 25; ++i) {
                    const auto leaf = x509::issueCertificate(
                        {subject, leafKey.publicKeyDer(), at("2026-11-01T00:00:00Z"),
                            at("2027-11-01T00:00:00Z"), {}},
                        root, key);
                    if (leaf && leaf->isSignedBy(root)) ++count;
                }
            });
        }
    }
    CHECK(good == std::array<int, 4>{25, 25, 25, 25});
}

} // namespace

// One test case: the engine keeps the module, and with it the tokens, that it saw first.
TEST_CASE("an authority with its key in SoftHSM2: openssl verifies certificates, CRLs and CMS")
{
    const EngineToken token;
    token.import("p256", "01", "ec-p256");
    token.import("p384", "02", "ec-p384");
    token.import("rsa", "03", "rsa-2048");
    const TemporaryFolder folder;
    CHECK_FALSE(token.open("other").ok());
    for (const std::string label : {"p256", "p384", "rsa"}) {
        CAPTURE(label);
        const auto key = token.open(label);
        REQUIRE_MESSAGE(key.ok(), key.error().message);
        CHECK(key->toPem().empty());
        const auto root = x509::makeRoot(
            {"Token CA", at("2026-01-01T00:00:00Z"), at("2046-01-01T00:00:00Z"), -1}, *key);
        REQUIRE_MESSAGE(root.ok(), root.error().message);
        CHECK(root->keyType() == (label == "rsa" ? "rsa-2048" : "ec-" + label));
        CHECK(key->keyType() == root->keyType());
        CHECK(key->matches(*root));
        const auto leafKey = PrivateKey::generate("ec-p256").value();
        const auto leaf = x509::issueCertificate(
            {x509::subjectDerFromText("web1").value(), leafKey.publicKeyDer(),
                at("2026-11-01T00:00:00Z"), at("2027-11-01T00:00:00Z"), {}},
            *root, *key);
        REQUIRE_MESSAGE(leaf.ok(), leaf.error().message);
        x509::RevocationListContent content;
        content.number = 1;
        content.thisUpdate = at("2026-11-21T00:00:00Z");
        content.nextUpdate = at("2026-11-29T00:00:00Z");
        const auto list = x509::RevocationList::make(content, *root, *key);
        REQUIRE_MESSAGE(list.ok(), list.error().message);
        CHECK(openssl({"verify", "-attime", "1795680000", "-crl_check", "-CAfile",
                          folder.write("root.pem", root->toPem()), "-CRLfile",
                          folder.write("list.pem", list->toPem()),
                          folder.write("leaf.pem", leaf->toPem())})
                  .find(": OK") != std::string::npos);
        const auto cms = x509::signContent("1.2.840.113549.1.7.1", "content", *root, *key, {*root});
        REQUIRE_MESSAGE(cms.ok(), cms.error().message);
        CHECK(
            openssl({"cms", "-verify", "-inform", "DER", "-in", folder.write("cms", *cms),
                        "-attime", "1795680000", "-purpose", "any", "-CAfile", folder / "root.pem"})
                .find("content") != std::string::npos);
        signWithManyThreads(*key);
    }
}

TEST_CASE("an address that holds a PIN, or is none, is refused, and the PIN is not repeated")
{
    const auto told = x509::openTokenKey(
        {SoftToken::module, Secret("1234")}, "pkcs11:token=perennial;object=p256?pin-value=1234");
    CHECK(told.error().kind == ErrorKind::InvalidInput);
    CHECK(told.error().message.find("1234") == std::string::npos);
    CHECK_FALSE(x509::openTokenKey({SoftToken::module, Secret("1234")}, "issuing").ok());
}
