#include "agent/scanner/place_merging.h"

#include "tests/support/discovery_text.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::scanner;

namespace {

DiscoveredPlace place(const std::string& name, const std::string& service = "",
    std::vector<model::Listener> listeners = {})
{
    return {{"pem", "/t/" + name + ".pem", "/t/" + name + ".key"}, service, std::move(listeners)};
}

std::string merged(std::vector<Discovery> discoveries)
{
    return test::textOf(mergeDiscoveries(std::move(discoveries)), "/t/");
}

model::Listener listener(int port, const std::string& name = "", const std::string& served = "")
{
    return {"127.0.0.1", port, name, model::Fingerprint(served)};
}

model::Slot slot(const std::string& name, const std::string& certificate,
    std::vector<model::Listener> listeners = {})
{
    model::Slot made;
    made.place = place(name).place;
    made.id = model::slotIdOf(made.place);
    made.certificate.fingerprint = model::Fingerprint(certificate);
    made.listeners = std::move(listeners);
    return made;
}

constexpr uid_t mallory = 1'000;
constexpr uid_t service = 110; // may read every key

SeenListener seen(int port, const std::string& served, uid_t owner = 0)
{
    return {listener(port, "", served), owner};
}

model::Listener observed(int port, const std::string& served)
{
    auto made = listener(port, "", served);
    made.observed = true;
    return made;
}

// What is told.
std::vector<std::string> attached(
    std::vector<model::Slot>& slots, const std::vector<SeenListener>& listeners)
{
    Discovery skipped;
    attachListeners(
        slots, listeners, [](const model::Slot&, uid_t user) { return user != mallory; }, skipped);
    return skipped.skipped;
}

} // namespace

TEST_CASE("each place is there once, sorted, with everybody's listeners")
{
    Discovery nginx;
    nginx.places = {place("b", "nginx", {listener(444)}),
        place("a", "nginx", {listener(443, "z"), listener(443, "y"), listener(443, "z")})};
    Discovery files;
    files.places = {place("c"), place("a"), place("b", "haproxy", {listener(443)})};
    CHECK(merged({nginx, files}) == "a.pem a.key nginx 127.0.0.1|443|y 127.0.0.1|443|z\n"
                                    "b.pem b.key nginx 127.0.0.1|443| 127.0.0.1|444|\n"
                                    "c.pem c.key\n");
    CHECK(merged({files, nginx}) == "a.pem a.key nginx 127.0.0.1|443|y 127.0.0.1|443|z\n"
                                    "b.pem b.key haproxy 127.0.0.1|443| 127.0.0.1|444|\n"
                                    "c.pem c.key\n");
}

TEST_CASE("the configuration's files are there once, sorted, those that cannot be told left out")
{
    Discovery one;
    one.configuration = {"/etc/b", "/etc/a", "relative", "/etc/\xFF", ""};
    Discovery other;
    other.configuration = {"/etc/a", "/etc/*.conf", "/" + std::string(4096, 'x')};
    CHECK(mergeDiscoveries({one, other}).configuration ==
          std::vector<std::string>{"/etc/*.conf", "/etc/a", "/etc/b"});
}

TEST_CASE("the same certificate with another key is another place")
{
    Discovery one;
    one.places = {place("a")};
    auto other = one;
    other.places[0].place.keyPath = "/t/other.key";
    CHECK(merged({one, other}) == "a.pem a.key\na.pem other.key\n");
}

TEST_CASE("a listener that was looked at replaces the same one that was not")
{
    Discovery one;
    one.places = {place("a", "", {listener(443, "x", "ff")})};
    Discovery two;
    two.places = {place("a", "", {listener(443, "x")})};
    const auto found = mergeDiscoveries({two, one});
    REQUIRE(found.places.size() == 1);
    CHECK(found.places[0].listeners == std::vector{listener(443, "x", "ff")});
}

TEST_CASE("a place in a token is kept, with the certificate that its source read")
{
    Discovery token;
    token.places = {{{"pkcs11", "pkcs11:token=a;object=b", "pkcs11:token=a;object=b"}, "", {}}};
    token.places.front().certificatePem = "PEM";
    const auto all = mergeDiscoveries({token});
    REQUIRE(all.places.size() == 1);
    CHECK(all.places.front().certificatePem == "PEM");
}

TEST_CASE("what a report cannot carry is skipped")
{
    Discovery found;
    found.places = {place("a\xFF"), place("long" + std::string(4'200, 'x')),
        place(std::string("zero\0", 5)), place("good")};
    found.places[3].place.keyPath = "relative.key";
    found.places.push_back(place("really-good"));
    const auto text = merged({found});
    CHECK(text.find("really-good.pem really-good.key\n- ") == 0);
    CHECK(text.find("- a\xFF.pem: a path that is not UTF-8\n") != std::string::npos);
    CHECK(text.find(": a path over 4096 bytes\n") != std::string::npos);
    CHECK(text.find(": a path with a zero byte\n") != std::string::npos);
    CHECK(text.find("- good.pem: not an absolute path\n") != std::string::npos);
}

TEST_CASE("a place has at most 1000 listeners")
{
    Discovery found;
    found.places = {place("a")};
    for (int port = 1; port <= 1'001; ++port)
        found.places[0].listeners.push_back(listener(port));
    const auto all = mergeDiscoveries({found});
    CHECK(all.places[0].listeners.size() == 1'000);
    CHECK(all.skipped.size() == 1);
}

TEST_CASE("reasons are kept once each, and those beyond the limit are counted")
{
    Discovery found;
    for (int i = 0; i < 900; ++i)
        found.skip("reason " + std::to_string(i));
    auto other = found;
    for (int i = 900; i < 1'010; ++i)
        other.skip("reason " + std::to_string(i));
    CHECK(other.skippedMore == 10);
    const auto all = mergeDiscoveries({found, other});
    CHECK(all.skipped.size() == 1'000);
    CHECK(all.skippedMore == 10);
}

TEST_CASE("a listener of nobody goes to the slot whose certificate it shows")
{
    std::vector<model::Slot> slots = {slot("a", "aa"), slot("b", "bb")};
    CHECK(attached(slots, {seen(1, "bb"), seen(2, "cc")}) ==
          std::vector<std::string>{"127.0.0.1:2: listens with a certificate from no known file"});
    CHECK(slots[0].listeners.empty());
    CHECK(slots[1].listeners == std::vector{observed(1, "bb")});
}

TEST_CASE("a socket of a user who has no right to the key proves nothing, unless it is named")
{
    std::vector<model::Slot> slots = {slot("a", "aa"), slot("b", "bb", {listener(7, "x")})};
    CHECK(
        attached(slots, {seen(1, "aa", mallory), seen(2, "aa", mallory), seen(3, "aa", service)}) ==
        std::vector<std::string>{
            "127.0.0.1:1: shows the certificate of /t/a.pem, but its socket is of user 1000, who "
            "is not seen to have the key: it proves nothing"});
    CHECK(slots[0].listeners == std::vector{observed(3, "aa")});

    const SeenListener byName{listener(4, "", "aa"), std::nullopt};
    CHECK(attached(slots, {byName}).empty());
    CHECK(slots[0].listeners == std::vector{observed(3, "aa"), listener(4, "", "aa")});

    // Whom a configuration puts at the port is no question of the socket.
    CHECK(attached(slots, {seen(7, "bb", mallory)}).empty());
    CHECK(slots[1].listeners == std::vector{listener(7, "", "bb"), listener(7, "x")});
}

TEST_CASE("of copies of one certificate, the one that is used at the port gets the listener")
{
    std::vector<model::Slot> slots = {slot("a", "aa"), slot("b", "aa", {listener(1, "x")})};
    CHECK(attached(slots, {seen(1, "aa")}).empty());
    CHECK(slots[0].listeners.empty());
    CHECK(slots[1].listeners == std::vector{listener(1, "", "aa"), listener(1, "x")});
}

TEST_CASE("a copy takes the proof from nobody: where which is used is not known, each has it")
{
    std::vector<model::Slot> slots = {slot("a", "aa"), slot("b", "aa")};
    CHECK(attached(slots, {seen(2, "aa")}).empty());
    CHECK(slots[0].listeners == std::vector{observed(2, "aa")});
    CHECK(slots[1].listeners == std::vector{observed(2, "aa")});

    // With the same key: the one beside it.
    slots = {slot("a", "aa"), slot("b", "aa")};
    slots[1].place = {"pem", "/copies/a.pem", slots[0].place.keyPath};
    CHECK(attached(slots, {seen(2, "aa")}).empty());
    CHECK(slots[0].listeners == std::vector{observed(2, "aa")});
    CHECK(slots[1].listeners.empty());
    // A pair of somebody else's beside each other is no reason against one that is not.
    slots = {slot("a", "aa"), slot("b", "aa")};
    slots[0].place.keyPath = "/private/a.key";
    CHECK(attached(slots, {seen(2, "aa")}).empty());
    CHECK(slots[0].listeners == std::vector{observed(2, "aa")});
}

TEST_CASE("a listener that the slot has already is not there twice")
{
    std::vector<model::Slot> slots = {slot("a", "aa", {listener(1)})};
    CHECK(attached(slots, {seen(1, "aa")}).empty());
    CHECK(slots[0].listeners == std::vector{listener(1)});
}

TEST_CASE("what a configuration names comes before what was found, and root's before others'")
{
    Discovery files;
    for (const auto& [name, owner] :
        {std::pair("a", mallory), std::pair("b", uid_t(0)), std::pair("c", mallory)}) {
        files.places.push_back(place(name));
        files.places.back().foundOwner = owner;
    }
    Discovery nginx;
    nginx.places = {place("d", "nginx"), place("c", "nginx")};
    const auto text = "c.pem c.key nginx\nd.pem d.key nginx\nb.pem b.key\na.pem a.key\n";
    CHECK(merged({files, nginx}) == text);
    CHECK(merged({nginx, files}) == text);
}

TEST_CASE("of two certificates of one server only the one that is shown keeps the listener")
{
    std::vector<model::Slot> slots = {slot("ec", "ec", {listener(1, "x", "ec")}),
        slot("rsa", "rsa", {listener(1, "x", "ec"), listener(2, "x", "rsa")})};
    settleListeners(slots);
    CHECK(slots[0].listeners == std::vector{listener(1, "x", "ec")});
    CHECK(slots[0].warnings.empty());
    CHECK(slots[1].listeners == std::vector{listener(2, "x", "rsa")});
    REQUIRE(slots[1].warnings.size() == 1);
    CHECK(slots[1].warnings[0].find("shows the other certificate of the same server") !=
          std::string::npos);
}

TEST_CASE("a listener that shows something else stays, with a warning")
{
    std::vector<model::Slot> slots = {slot("a", "aa", {listener(1, "x", "ff"), listener(2)}),
        slot("f", "ff", {listener(3, "", "ff")})};
    settleListeners(slots);
    CHECK(slots[0].listeners.size() == 2);
    CHECK(slots[0].warnings ==
          std::vector<std::string>{"127.0.0.1:1 (x) shows another certificate: SHA-256 ff"});
    CHECK(slots[1].warnings.empty());
}
