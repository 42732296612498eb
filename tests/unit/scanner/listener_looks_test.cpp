#include "agent/scanner/listener_looks.h"

#include "tests/support/fake_clock.h"
#include "tests/support/openssl_server.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::scanner;
using namespace perennial::test;

namespace {

model::Listener at(const std::string& host, int port, const std::string& name = "")
{
    return {host, port, name, {}};
}

// Counts the looks; only "good" answers. Each look takes ten seconds.
struct Fixture {
    FakeClock clock{TimePoint(Duration(1'000'000))};
    std::vector<model::Listener> looked;
    Look look = [this](const model::Listener& listener) -> Result<model::Fingerprint> {
        looked.push_back(listener);
        clock.advance(Duration(10));
        if (listener.host == "good") return model::Fingerprint("aa");
        return Error{ErrorKind::Unavailable, "silent"};
    };
    std::vector<model::Slot> slots{2};
};

} // namespace

TEST_CASE("each address and name is looked at once, for all slots that have it")
{
    Fixture fixture;
    fixture.slots[0].listeners = {at("good", 1), at("good", 1, "x")};
    fixture.slots[1].listeners = {at("good", 1), at("bad", 1)};
    lookAtListeners(fixture.slots, fixture.look, fixture.clock, Duration(1000));
    CHECK(fixture.looked.size() == 3);
    for (const auto& listener : fixture.slots[0].listeners)
        CHECK(listener.served.text() == "aa");
    CHECK(fixture.slots[0].warnings.empty());
    CHECK(fixture.slots[1].listeners[1].served.empty());
    CHECK(fixture.slots[1].warnings == std::vector<std::string>{"silent"});
}

TEST_CASE("what a source has looked at already is not looked at again")
{
    Fixture fixture;
    fixture.slots[0].listeners = {{"bad", 1, "", model::Fingerprint("bb")}};
    lookAtListeners(fixture.slots, fixture.look, fixture.clock, Duration(1000));
    CHECK(fixture.looked.empty());
    CHECK(fixture.slots[0].listeners[0].served.text() == "bb");
}

TEST_CASE("an address that does not answer is given up after three names")
{
    Fixture fixture;
    for (const char* name : {"a", "b", "c", "d", "e"})
        fixture.slots[0].listeners.push_back(at("bad", 1, name));
    fixture.slots[0].listeners.push_back(at("bad", 2));
    lookAtListeners(fixture.slots, fixture.look, fixture.clock, Duration(1000));
    CHECK(fixture.looked.size() == 4);
    CHECK(fixture.slots[0].warnings.size() == 6);
    CHECK(fixture.slots[0].warnings[3].find("not looked at") != std::string::npos);
}

TEST_CASE("when the time is up the rest is not looked at")
{
    Fixture fixture;
    for (int port = 1; port <= 5; ++port)
        fixture.slots[0].listeners.push_back(at("good", port));
    lookAtListeners(fixture.slots, fixture.look, fixture.clock, Duration(25));
    CHECK(fixture.looked.size() == 3);
    CHECK(fixture.slots[0].warnings.size() == 2);
    CHECK(fixture.slots[0].warnings[0].find("no time was left") != std::string::npos);
}

TEST_CASE("the look is a handshake that sends the name")
{
    const TemporaryFolder folder;
    TestPki pki(folder);
    pki.makeRoot("root");
    pki.issueServer("web.test", "root");
    pki.issueServer("named.test", "root");
    OpensslServer server(
        pki["web.test"], {"-servername", "named.test", "-cert2", pki["named.test"].certificate,
                             "-key2", pki["named.test"].key});
    const auto look = handshakeLook(Duration(10));
    const auto fingerprintOf = [&](const char* name) {
        return x509::Certificate::fromPem(readText(pki[name].certificate))->fingerprint();
    };
    const auto plain = look(at("127.0.0.1", server.port()));
    REQUIRE(plain.ok());
    CHECK(plain->text() == fingerprintOf("web.test"));
    const auto named = look(at("127.0.0.1", server.port(), "named.test"));
    REQUIRE(named.ok());
    CHECK(named->text() == fingerprintOf("named.test"));
    CHECK_FALSE(look(at("127.0.0.1", freePort())).ok());
}
