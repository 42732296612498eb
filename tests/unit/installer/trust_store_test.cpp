// Whom a host trusts: put there and taken away through Debian's update-ca-certificates, judged by
// openssl.

#include "tests/support/trust_host.h"

#include <doctest/doctest.h>
#include <filesystem>

using namespace perennial;
using namespace perennial::test;

namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("anchors are added and removed, and what others put there stays")
{
    TrustHost trust;
    const std::set<std::string> theirs = {"theirs.crt"};
    auto answer = trust.set(trust.pem("one") + trust.pem("two"));
    REQUIRE(reasonOf(answer) == "done");
    for (const char* name : {"one", "two"}) {
        CHECK(contains(answer.field("note"), "+" + trust.fingerprint(name) + "\n"));
        CHECK(trust.trusts(name));
    }
    CHECK(trust.trusts("shipped"));
    CHECK_FALSE(trust.trusts("foreign"));
    CHECK(trust.host.modeOf(trust.host.folder / ("anchors/" + trust.fileOf("one"))) == 0644);

    answer = trust.set(trust.pem("two"));
    CHECK(reasonOf(answer) == "done");
    CHECK(answer.field("note") == "-" + trust.fingerprint("one") + "\n");
    CHECK_FALSE(trust.trusts("one"));
    CHECK(trust.trusts("two"));
    CHECK(trust.set(trust.pem("two")).field("note").empty()); // nothing to do

    answer = trust.set("");
    CHECK(reasonOf(answer) == "done");
    CHECK_FALSE(trust.trusts("two"));
    CHECK(trust.trusts("shipped"));
    CHECK(trust.files() == theirs);
    CHECK_FALSE(fs::exists(trust.host.folder / "state/trust-system.before"));
}

TEST_CASE("an anchor that is removed and comes from elsewhere too is told")
{
    TrustHost trust;
    trust.host.folder.write("anchors/also-one.crt", trust.pem("one"), 0644);
    REQUIRE(reasonOf(trust.set(trust.pem("one"))) == "done");
    CHECK(trust.set("").field("note") ==
          "-" + trust.fingerprint("one") + "\n=" + trust.fingerprint("one") + "\n");
    CHECK(trust.trusts("one"));
}

TEST_CASE("what the guard does not name is trusted by nobody")
{
    TrustHost trust;
    const auto refused = [&](const std::string& anchors, const std::string& why,
                             const std::string& store = "system") {
        const auto reason = reasonOf(trust.set(anchors, store));
        CHECK_MESSAGE(contains(reason, why), reason);
        CHECK(trust.files() == std::set<std::string>{"theirs.crt"});
    };
    refused(trust.pem("one") + trust.pem("foreign"), "is not among the anchors");
    refused(trust.pem("one"), "no such trust store", "java");
    refused(trust.pem("one") + "-----BEGIN CERTIFICATE-----\nx\n", "");
    SUBCASE("an end-entity certificate, though the guard names it")
    {
        trust.writeGuard({"old"});
        refused(trust.pem("old"), "is no authority");
    }
    SUBCASE("an anchor that has ended, though the guard names it")
    {
        trust.host.clock.advance(std::chrono::days(40'000));
        refused(trust.pem("one"), "has ended");
    }
    SUBCASE("a guard without trust stores")
    {
        trust.host.writeGuard({});
        refused(trust.pem("one"), "no such trust store");
    }
    SUBCASE("a folder that others can write to")
    {
        fs::permissions(trust.host.folder / "anchors", fs::perms::all);
        refused(trust.pem("one"), "anchors");
    }
}

TEST_CASE("what was trusted before comes back when the update fails, or does not show the anchor")
{
    TrustHost trust;
    REQUIRE(reasonOf(trust.set(trust.pem("one"))) == "done");
    const auto before = trust.files();
    const auto failing = "case \"$(ls " + (trust.host.folder / "anchors") + ")\" in *" +
                         trust.fingerprint("two") + "*) ";
    SUBCASE("it fails")
    {
        trust.writeGuard({"one", "two"}, failing + "echo broken; exit 3;; esac\n");
    }
    SUBCASE("it lies") { trust.writeGuard({"one", "two"}, failing + "exit 0;; esac\n"); }
    const auto reason = reasonOf(trust.set(trust.pem("two")));
    CHECK_MESSAGE(
        (contains(reason, "update ended with 3: broken") || contains(reason, "has not the anchor")),
        reason);
    CHECK(trust.files() == before);
    CHECK(trust.trusts("one"));
    CHECK_FALSE(trust.trusts("two"));
    CHECK_FALSE(fs::exists(trust.host.folder / "state/trust-system.before"));
    trust.writeGuard({"one", "two"});
    CHECK(reasonOf(trust.set(trust.pem("two"))) == "done");
}

TEST_CASE("a file under one of our names with something else in it is not taken for ours")
{
    TrustHost trust;
    trust.host.folder.write("anchors/" + trust.fileOf("one"), trust.pem("foreign"), 0644);
    const auto before = trust.files();
    CHECK(contains(reasonOf(trust.set("")), "is not what its name says"));
    CHECK(trust.files() == before);
}

TEST_CASE("what is wrong with a trust store in the guard is said with its key")
{
    TrustHost trust;
    for (const auto& [line, said] : std::vector<std::pair<std::string, std::string>>{
             {"{folder: /a, result: /b, update: [/c]}", "anchors"},
             {"{folder: /a, result: /b, update: [/c], anchors: [AB]}", "anchors"},
             {"{folder: a, result: /b, update: [/c], anchors: []}", "folder"},
             {"{folder: /a, result: /b, update: [c], anchors: []}", "update"},
             {"{folder: /a, update: [/c], anchors: []}", "result"}}) {
        trust.host.writeGuard({{"trust_stores", "{system: " + line + "}"}});
        const auto guard = installer::loadGuard(trust.host.folder / "guard.yaml");
        REQUIRE_FALSE(guard.ok());
        CHECK_MESSAGE(contains(guard.error().message, said), guard.error().message);
    }
}
