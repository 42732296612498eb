// The moves of a service's keys in a token of SoftHSM2, from every place where one can have
// stopped.

#include "agent/token_keeper/service_keys.h"

#include "tests/support/test_pki.h"
#include "tests/support/token_service.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using token_keeper::ServiceKeys;

namespace {

const Bytes oldId("\x01", 1);
const Bytes newId("\x0a\x0b", 2);

// The token, opened in this process; closed while others look.
class OpenToken {
public:
    explicit OpenToken(const TokenService& service)
    {
        REQUIRE(::setenv("SOFTHSM2_CONF", service.token.config().c_str(), 1) == 0);
        auto loaded = pkcs11::Module::load(SoftToken::module);
        REQUIRE_MESSAGE(loaded.ok(), loaded.error().message);
        module_ = *std::move(loaded);
        auto opened =
            pkcs11::Session::open(*module_, *module_->tokenLabelled("web"), pkcs11::Access::Write);
        REQUIRE(opened.ok());
        session.emplace(*std::move(opened));
        REQUIRE(session->login(Secret(SoftToken::pin)).ok());
    }
    ServiceKeys keys() const { return {*session, "web"}; }
    void rename(const Bytes& id, const std::string& label) const
    {
        const auto found = session->find(pkcs11::ObjectClass::PrivateKey, {{}, id}, 1);
        REQUIRE(found->objects.size() == 1);
        REQUIRE(session->setLabel(found->objects.front(), label).ok());
    }
    // Labels by id: "01=web 0a0b=web.next".
    std::string names() const
    {
        std::set<std::string> all;
        const auto found = session->find(pkcs11::ObjectClass::PrivateKey, {}, 9);
        for (const auto& object : found->objects)
            all.insert(toHex(object.id) + "=" + object.label);
        std::string text;
        for (const auto& one : all)
            text += (text.empty() ? "" : " ") + one;
        return text;
    }

private:
    std::unique_ptr<pkcs11::Module> module_;

public:
    std::optional<pkcs11::Session> session;
};

struct World {
    World()
    {
        pki.makeRoot("root");
        for (const char* name : {"a.test", "b.test"})
            pki.issueServer(name, "root");
        service.token.importKey(pki["a.test"].key, "web", "01");
    }
    TemporaryFolder folder;
    TestPki pki{folder};
    TokenService service;
};

} // namespace

TEST_CASE("a key is made in the token, once for an order, and cannot leave it")
{
    const World world;
    for (const std::string type : {"ec-p256", "ec-p384", "rsa-2048"}) {
        CAPTURE(type);
        const OpenToken token(world.service);
        REQUIRE(token.keys().make(type, newId).ok());
        REQUIRE(token.keys().make(type, newId).ok());
        CHECK(token.names() == "01=web 0a0b=web.next");
        const auto next = token.keys().look()->next;
        REQUIRE(next);
        const auto key = x509::keyElsewhere(next->publicKey, nullptr);
        REQUIRE_MESSAGE(key.ok(), key.error().message);
        CHECK(key->keyType() == type);
        const auto told = world.service.token.objects();
        CHECK(told.find("sensitive, always sensitive, never extractable, local") !=
              std::string::npos);
        CHECK(token.keys().make(type, Bytes("\x0c")).error().kind == ErrorKind::Conflict);
        CHECK(token.keys().make(type, oldId).error().kind == ErrorKind::Conflict);
        CHECK(token.session
                  ->sign(token.keys().look()->live->secret,
                      {x509::SignatureScheme::Ecdsa, "no digest"})
                  .error()
                  .message.find("only digests") != std::string::npos);
        REQUIRE(token.keys().drop(newId).ok());
        CHECK(token.keys().make(type, oldId).error().kind == ErrorKind::Conflict);
        CHECK(token.names() == "01=web");
    }
}

TEST_CASE("from wherever a change of names stopped, it ends, and goes back")
{
    const World world;
    const OpenToken token(world.service);
    REQUIRE(token.keys().make("ec-p256", newId).ok());
    const auto set = [&](const std::string& old, const std::string& made) {
        token.rename(oldId, "x"); // never two with one name
        token.rename(newId, made);
        token.rename(oldId, old);
    };
    const std::vector<std::pair<std::string, std::string>> states = {
        {"web", "web.next"}, {"web.previous", "web.next"}, {"web.previous", "web"}};
    for (const auto& [old, made] : states) {
        CAPTURE(old + " " + made);
        set(old, made);
        REQUIRE(token.keys().swap(newId).ok());
        CHECK(token.names() == "01=web.previous 0a0b=web");
        set(old, made);
        REQUIRE(token.keys().back(newId).ok());
        CHECK(token.names() == "01=web 0a0b=web.next");
    }
    CHECK(world.service.publicKey("web") ==
          mustRun({"/usr/bin/openssl", "pkey", "-pubout", "-in", world.pki["a.test"].key}));
}

TEST_CASE("the key in force is never destroyed, and the one before it by the next change only")
{
    const World world;
    const OpenToken token(world.service);
    REQUIRE(token.keys().make("ec-p256", newId).ok());
    REQUIRE(token.keys().swap(newId).ok());
    REQUIRE(token.keys().drop(newId).ok());
    CHECK(token.names() == "01=web.previous 0a0b=web");
    const Bytes third("\x0c");
    REQUIRE(token.keys().make("ec-p256", third).ok());
    CHECK(token.names() == "01=web.previous 0a0b=web 0c=web.next");
    REQUIRE(token.keys().swap(third).ok());
    CHECK(token.names() == "0a0b=web.previous 0c=web");
    REQUIRE(token.keys().drop(newId).ok());
    CHECK(token.names() == "0c=web");
    CHECK(token.keys().back(third).error().kind == ErrorKind::NotFound);
    CHECK(token.keys().swap(newId).error().kind == ErrorKind::NotFound);
    CHECK(token.names() == "0c=web");
}

TEST_CASE(
    "on the way back a key that another order made meanwhile goes, and the whole pair comes back")
{
    const World world;
    const OpenToken token(world.service);
    REQUIRE(token.keys().make("ec-p256", newId).ok());
    REQUIRE(token.keys().swap(newId).ok());
    REQUIRE(token.keys().make("ec-p256", Bytes("\x0c")).ok());
    REQUIRE(token.keys().back(newId).ok());
    CHECK(token.names() == "01=web 0a0b=web.next");
    CHECK(token.keys().look().ok());
}

TEST_CASE("a public half alone, as a generation cut short leaves it, is in nobody's way")
{
    const World world;
    const auto alone = [&](const std::string& label, const std::string& id) {
        const auto file = world.folder / "public.der";
        mustRun({"/usr/bin/openssl", "pkey", "-pubout", "-outform", "DER", "-in",
            world.pki["b.test"].key, "-out", file});
        (void)world.service.token.tool({"--login", "--pin", SoftToken::pin, "--write-object", file,
            "--type", "pubkey", "--label", label, "--id", id});
    };
    alone("web.next", "0a0b");
    alone("theirs", "0a0b");
    const auto publicKeys = [&](const OpenToken& token) {
        return token.session->find(pkcs11::ObjectClass::PublicKey, {{}, newId}, 9)->objects;
    };
    {
        const OpenToken token(world.service);
        REQUIRE(publicKeys(token).size() == 2);
        REQUIRE(token.keys().drop(newId).ok());
        REQUIRE(publicKeys(token).size() == 1); // not under a name of ours
        CHECK(publicKeys(token).front().label == "theirs");
        REQUIRE(token.session->destroy(publicKeys(token).front()).ok());
    }
    alone("web.next", "0a0b");
    const OpenToken token(world.service);
    REQUIRE(token.keys().make("ec-p256", newId).ok());
    CHECK(publicKeys(token).size() == 1);
    const auto found = token.keys().look();
    REQUIRE_MESSAGE(found.ok(), found.error().message);
    CHECK(found->next);
}

TEST_CASE("keys that cannot be told apart are left alone")
{
    const World world;
    world.service.token.importKey(world.pki["b.test"].key, "web", "02");
    {
        const OpenToken token(world.service);
        CHECK(token.keys().look().error().message.find("several times") != std::string::npos);
        CHECK_FALSE(token.keys().make("ec-p256", newId).ok());
    }
    const World other;
    other.service.token.importKey(other.pki["b.test"].key, "else", "03");
    {
        const OpenToken token(other.service);
        CHECK(token.keys().look().ok());
    }
    mustRun({"/usr/bin/env", other.service.token.variable(), "/usr/bin/pkcs11-tool", "--module",
        SoftToken::module, "--token-label", "web", "--login", "--pin", SoftToken::pin, "--type",
        "privkey", "--id", "03", "--set-id", "01"});
    const OpenToken token(other.service);
    CHECK(token.keys().look().error().message.find("shares its CKA_ID") != std::string::npos);
}
