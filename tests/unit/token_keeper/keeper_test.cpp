// perennial-token-keeper as built: whom it answers, and what the sockets that it lends are good
// for.

#include "shared/base/unix_socket.h"
#include "shared/model/token_message.h"
#include "shared/pkcs11/module.h"
#include "shared/x509/digest.h"
#include "tests/support/test_pki.h"
#include "tests/support/token_service.h"

#include <csignal>
#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using model::TokenRequest;
using model::TokenVerb;

namespace {

const Bytes newId("\x0a\x0b", 2);
constexpr Duration patience{20};

struct World {
    World()
    {
        pki.makeRoot("root");
        pki.issueServer("a.test", "root");
        service.token.importKey(pki["a.test"].key, "web", "01");
        service.token.importKey(pki["root"].key, "other", "02");
    }
    SocketMessage say(const std::string& text) const
    {
        auto socket = UnixSocket::connect(service.socket(), patience);
        REQUIRE_MESSAGE(socket.ok(), socket.error().message);
        REQUIRE(socket->send(text).ok());
        auto answer = socket->receive(patience);
        REQUIRE(answer.ok());
        return *std::move(answer);
    }
    Result<model::TokenKeys> ask(TokenVerb verb, const std::string& label = "web") const
    {
        return model::tokenAnswerFromJson(
            say(model::toJsonText(TokenRequest{verb, label, newId, "ec-p256"})).content);
    }
    // A configuration with a module of ours in place of SoftHSM2's, and these variables for it.
    std::string withHostileModule(const std::string& variables) const
    {
        const auto& in = service.token.folder();
        std::filesystem::copy_file(PERENNIAL_BIN_DIR "/libhostile_module.so", in / "module.so");
        auto config = readText(in / "token.yaml");
        const std::string module = SoftToken::module;
        config.replace(config.find(module), module.size(), in / "module.so");
        config.replace(config.find("SOFTHSM2_CONF"), 13, variables + "\", \"OTHER");
        return config;
    }
    TemporaryFolder folder;
    TestPki pki{folder};
    TokenService service;
};

// The other side of a lent key.
struct Loan {
    explicit Loan(FileDescriptor descriptor) : socket(std::move(descriptor))
    {
        const auto told = socket.receive(patience);
        REQUIRE(told.ok());
        publicKey = told->content;
    }
    Result<Bytes> say(const std::string& text) const
    {
        REQUIRE(socket.send(text).ok());
        const auto answer = socket.receive(patience);
        REQUIRE(answer.ok());
        return model::decodeSignature(answer->content);
    }
    Result<Bytes> sign(const Bytes& digest) const
    {
        return say(model::encodeSignatureWanted({x509::SignatureScheme::Ecdsa, digest}));
    }
    UnixSocket socket;
    Bytes publicKey;
};

std::string text(const Result<model::TokenKeys>& answer)
{
    return answer ? "done" : answer.error().message;
}

bool contains(const std::string& all, const std::string& part)
{
    return all.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the keeper makes, renames and destroys keys under the labels of its configuration only")
{
    World world;
    CHECK(text(world.ask(TokenVerb::Make)) == "done");
    CHECK(world.service.keys() == std::set<std::string>{"other 02", "web 01", "web.next 0a0b"});
    CHECK(text(world.ask(TokenVerb::Swap)) == "done");
    CHECK(world.service.keys() == std::set<std::string>{"other 02", "web 0a0b", "web.previous 01"});
    CHECK(text(world.ask(TokenVerb::Back)) == "done");
    CHECK(text(world.ask(TokenVerb::Drop)) == "done");
    CHECK(world.service.keys() == std::set<std::string>{"other 02", "web 01"});
    for (const char* label : {"other", "", "web.next", "web.previous"})
        CHECK(contains(text(world.ask(TokenVerb::Look, label)), "not among keys"));
    CHECK(contains(world.say("rubbish").content, "refused"));
}

TEST_CASE("whoever is not among the callers is told nothing")
{
    const World world;
    world.service.writeConfig("callers: [\"" + std::to_string(::geteuid() + 1) + "\"]\n");
    CHECK(contains(text(world.ask(TokenVerb::Look)), "not among the callers"));
}

TEST_CASE("a timeout that the installer would not wait for is refused")
{
    const World world;
    for (const char* timeout : {"0s", "56s"}) {
        world.service.writeConfig("timeout: " + std::string(timeout) + "\n");
        CHECK(contains(text(world.ask(TokenVerb::Look)), "between 1s and 55s"));
    }
}

TEST_CASE("a PIN file that others can read, a wrong PIN and a module of others' are refused")
{
    const World world;
    const auto& folder = world.service.token.folder();
    REQUIRE(::chmod((folder / "pin").c_str(), 0644) == 0);
    CHECK(contains(text(world.ask(TokenVerb::Look)), "PIN"));
    (void)folder.write("pin", "4321\n", 0600);
    CHECK(contains(text(world.ask(TokenVerb::Look)), "the PIN is wrong"));
    (void)folder.write("pin", "1234\n", 0600);
    (void)world.service.token.objects(); // logs in
    CHECK(text(world.ask(TokenVerb::Look)) == "done");
    REQUIRE(::chmod((folder / "token.yaml").c_str(), 0666) == 0);
    CHECK(contains(text(world.ask(TokenVerb::Look)), "token.yaml"));
}

TEST_CASE("a PIN is not tried where one more wrong one could lock it")
{
    // The figures of the standard's header (PKCS #11 v2.40, 3.2).
    for (const unsigned long flag : {0x10000UL, 0x20000UL, 0x40000UL}) {
        CHECK(pkcs11::mayTryPin(0x40DUL | flag).error().kind == ErrorKind::PermissionDenied);
        CHECK(pkcs11::mayTryPin(0x40DUL | flag << 4U).ok()); // the security officer's
    }
    const World world;
    const auto& folder = world.service.token.folder();
    (void)folder.write("pin", "4321\n", 0600);
    CHECK(contains(text(world.ask(TokenVerb::Look)), "the PIN is wrong"));
    CHECK(contains(text(world.ask(TokenVerb::Look)), "a wrong PIN was given"));
    (void)folder.write("pin", "1234\n", 0600);
    CHECK(contains(text(world.ask(TokenVerb::Look)), "a wrong PIN was given"));
    (void)world.service.token.objects(); // logs in
    CHECK(text(world.ask(TokenVerb::Look)) == "done");
}

TEST_CASE("the module runs without capabilities and new privileges where the PIN is, too")
{
    const World world;
    const auto& folder = world.service.token.folder();
    (void)folder.write(
        "token.yaml", world.withHostileModule("HOSTILE_REPORT=" + (folder / "report")), 0644);
    CHECK(contains(text(world.ask(TokenVerb::Look)), "no token has the label"));
    CHECK(readText(folder / "report") == "CapEff:\t0000000000000000\nNoNewPrivs:\t1\n");
}

TEST_CASE(
    "a module that hangs is given up at the configuration's timeout, and the next has its turn")
{
    World world;
    const auto& folder = world.service.token.folder();
    const auto good = readText(folder / "token.yaml");
    const auto hanging = world.withHostileModule("HOSTILE=hang") + "timeout: 1s\n";
    (void)folder.write("token.yaml", hanging, 0644);
    CHECK(contains(text(world.ask(TokenVerb::Look)), "has not done it in 1 s"));
    CHECK(contains(world.service.output(), "given up"));
    (void)folder.write("token.yaml", good, 0644);
    CHECK(text(world.ask(TokenVerb::Look)) == "done");

    // Who has hung up does not even have the module loaded for it.
    (void)folder.write("token.yaml", hanging, 0644);
    world.service.signal(SIGSTOP);
    {
        const auto dying = UnixSocket::connect(world.service.socket(), patience);
        REQUIRE(dying.ok());
        REQUIRE(dying->send(model::toJsonText(TokenRequest{TokenVerb::Look, "web", {}, ""})).ok());
    }
    world.service.signal(SIGCONT);
    world.service.waitForOutput("nobody waits for the answer");
}

TEST_CASE("nothing is changed for a caller that has gone before its turn came")
{
    World world;
    REQUIRE(world.ask(TokenVerb::Make).ok());
    world.service.signal(SIGSTOP);
    {
        const auto dying = UnixSocket::connect(world.service.socket(), patience);
        REQUIRE(dying.ok());
        REQUIRE(
            dying->send(model::toJsonText(TokenRequest{TokenVerb::Swap, "web", newId, ""})).ok());
    }
    world.service.signal(SIGCONT);
    world.service.waitForOutput("nobody waits for the answer");
    CHECK(text(world.ask(TokenVerb::Look)) == "done");
    CHECK(world.service.keys() == std::set<std::string>{"other 02", "web 01", "web.next 0a0b"});
}

TEST_CASE("whoever asks while another's question is at work has its answer after it")
{
    const World world;
    const auto& folder = world.service.token.folder();
    const auto config = readText(folder / "token.yaml");
    // A module that tells when it begins, and goes on when it is let.
    for (const char* pipe : {"report", "gate"})
        REQUIRE(::mkfifo((folder / pipe).c_str(), 0600) == 0);
    const auto slow = world.withHostileModule(
        "HOSTILE_REPORT=" + (folder / "report") + "\", \"HOSTILE_GATE=" + (folder / "gate"));
    const auto look = [&] {
        auto socket = UnixSocket::connect(world.service.socket(), patience);
        REQUIRE(socket.ok());
        const TokenRequest request{TokenVerb::Look, "web", newId, ""};
        REQUIRE(socket->send(model::toJsonText(request)).ok());
        return *std::move(socket);
    };
    (void)folder.write("token.yaml", slow, 0644);
    const auto first = look();
    REQUIRE(contains(readText(folder / "report"), "CapEff"));
    (void)folder.write("token.yaml", config, 0644);
    const auto second = look();
    // One that did not wait would have answered by now, as the other tests' callers do.
    CHECK_FALSE(second.receive(Duration(1)).ok());
    (void)folder.write("gate", "go");
    CHECK(contains(first.receive(patience)->content, "refused"));
    CHECK(model::tokenAnswerFromJson(second.receive(patience)->content).ok());
}

TEST_CASE("a lent key signs digests, so often and no more, and openssl verifies them")
{
    World world;
    REQUIRE(world.ask(TokenVerb::Make).ok());
    auto answer = world.say(model::toJsonText(TokenRequest{TokenVerb::Lend, "web", newId, ""}));
    REQUIRE(answer.descriptors.size() == 2);
    const Loan old(std::move(answer.descriptors.at(0)));
    const Loan made(std::move(answer.descriptors.at(1)));
    CHECK(mustRun({"/usr/bin/openssl", "pkey", "-pubin", "-inform", "DER"}, old.publicKey) ==
          world.service.publicKey("web"));
    const auto content = world.folder.write("content", "what is signed");
    for (const auto* loan : {&old, &made}) {
        const auto signature = loan->sign(x509::sha256("what is signed"));
        REQUIRE_MESSAGE(signature.ok(), signature.error().message);
        const auto key = world.folder.write("key.pem",
            mustRun({"/usr/bin/openssl", "pkey", "-pubin", "-inform", "DER"}, loan->publicKey));
        CHECK(contains(mustRun({"/usr/bin/openssl", "dgst", "-sha256", "-verify", key, "-signature",
                           world.folder.write("signature", *signature), content}),
            "Verified OK"));
    }
    CHECK_FALSE(made.sign("what is no digest of SHA-2").ok());
    CHECK_FALSE(made.say("decrypt\n" + Bytes(32, 'x')).ok());
    CHECK_FALSE(
        made.say(model::encodeSignatureWanted({x509::SignatureScheme::RsaPss, Bytes(32, 'x')}))
            .ok());
    for (int i = 2; i < 4; ++i)
        CHECK(made.sign(Bytes(32, 'x')).ok());
    CHECK(contains(made.sign(Bytes(32, 'x')).error().message, "as often as it was lent for"));
    CHECK(old.sign(Bytes(48, 'x')).ok());
}

TEST_CASE("only the order's own new key is lent, and alone where the old one is not asked for")
{
    World world;
    CHECK(contains(text(world.ask(TokenVerb::Lend)), "not in the token"));
    REQUIRE(world.ask(TokenVerb::Make).ok());
    const auto others =
        world.say(model::toJsonText(TokenRequest{TokenVerb::Lend, "web", Bytes("\x0c"), ""}));
    CHECK(others.descriptors.empty());
    CHECK(contains(others.content, "not in the token"));
    const auto alone =
        world.say(model::toJsonText(TokenRequest{TokenVerb::LendNext, "web", newId, ""}));
    CHECK(alone.descriptors.size() == 1);
}

TEST_CASE("the PIN is in no argument, no environment and nothing that is said")
{
    World world;
    REQUIRE(world.ask(TokenVerb::Make).ok());
    auto answer = world.say(model::toJsonText(TokenRequest{TokenVerb::Lend, "web", newId, ""}));
    const Loan old(std::move(answer.descriptors.at(0)));
    const auto& folder = world.service.token.folder();
    (void)folder.write("pin", "9753186420-and-more\n", 0600);
    CHECK(contains(text(world.ask(TokenVerb::Look)), "PIN"));
    CHECK_FALSE(contains(text(world.ask(TokenVerb::Look)), "9753186420"));
    CHECK_FALSE(contains(world.service.output(), "9753186420"));
    world.service.stop();
    CHECK_FALSE(old.socket.receive(patience)->content.size() > 0); // it ends with its keeper
}
