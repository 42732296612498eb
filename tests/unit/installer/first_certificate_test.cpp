// Places where nothing is yet, and names that a place has not had: only where the guard's
// `enrollments` say so.

#include "tests/support/installer_host.h"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::InstallerHost;
using perennial::test::readText;
using perennial::test::reasonOf;
using perennial::test::StoreKind;
using Names = std::set<std::string>;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

std::string preflight(InstallerHost& host, const std::string& names, const std::string& replaces)
{
    return reasonOf(
        host.ask("preflight", {{"size", "8000"}, {"names", names}, {"replaces", replaces}}));
}

const std::string web1 = "web1.example.test\n";

} // namespace

TEST_CASE("a first certificate from its key to its end, in two files and in one")
{
    for (const auto kind : {StoreKind::Separate, StoreKind::Combined}) {
        CAPTURE(static_cast<int>(kind));
        InstallerHost host(kind);
        host.empty();
        CHECK(preflight(host, web1, "") == "done");
        CHECK(host.filesIn("tls").empty());
        CHECK(reasonOf(host.makeKey()) == "done");
        CHECK(reasonOf(host.ask("lend_new_key")) == "done");
        const auto chain = host.issue();
        CHECK(reasonOf(host.placeFirst(chain)) == "done");
        CHECK(reasonOf(host.placeFirst(chain)) == "done"); // told again
        CHECK(host.pairMatches());
        CHECK(host.modeOf(host.key) == 0600);
        CHECK(host.modeOf(host.certificate) == (kind == StoreKind::Combined ? 0600 : 0644));
        CHECK(host.files.inspect(host.key)->links == 1);
        CHECK(host.files.inspect(host.key)->owner == ::geteuid());
        CHECK(host.filesIn("tls") == host.liveFiles());

        CHECK(reasonOf(host.ask("switch_back")) == "done"); // what was placed is taken away
        CHECK(host.filesIn("tls").empty());
        CHECK(reasonOf(host.ask("switch_back")) == "done");
        CHECK(contains(reasonOf(host.ask("finish")), "is not in place"));

        CHECK(reasonOf(host.placeFirst(chain)) == "done");
        CHECK(reasonOf(host.ask("finish")) == "done");
        CHECK(host.pairMatches());
        CHECK(host.filesIn("tls") == host.liveFiles());
        CHECK_FALSE(std::filesystem::exists(host.newKeyFile()));
    }
}

TEST_CASE("nothing is placed where nothing is, unless the guard names the place and the names")
{
    InstallerHost host;
    host.empty();
    (void)host.makeKey();
    const auto chain = host.issue();
    host.writeGuard({});
    const std::string noPlace = "the guard's enrollments do not have this place";
    CHECK(contains(preflight(host, web1, ""), noPlace));
    CHECK(contains(reasonOf(host.placeFirst(chain)), noPlace));

    host.empty("[web2.example.test]");
    const std::string noName = "the name \"web1.example.test\" is new at this place, and the "
                               "guard's enrollments do not allow it";
    CHECK(contains(preflight(host, web1, ""), noName));
    CHECK(contains(reasonOf(host.placeFirst(chain)), noName));

    // What the place may have is within what the host may have.
    host.writeGuard({{"enrollments", host.enrollment("[\"*.example.test\"]")},
        {"names", "[other.example.test]"}});
    CHECK(contains(preflight(host, web1, ""), "is not among names"));
    CHECK(contains(reasonOf(host.placeFirst(chain)), "is not among names"));
    CHECK(host.filesIn("tls").empty());
}

TEST_CASE("what is at the place by then stays, whole or half")
{
    InstallerHost host;
    const auto theirs = readText(host.certificate);
    const auto theirKey = readText(host.key);
    host.empty();
    (void)host.makeKey();
    const auto chain = host.issue();
    (void)host.folder.write("tls/web.pem", theirs, 0644);
    CHECK(contains(reasonOf(host.placeFirst(chain)), "not-found: "));
    (void)host.folder.write("tls/web.key", theirKey, 0600);
    CHECK(contains(preflight(host, web1, ""), "conflict: "));
    CHECK(contains(reasonOf(host.placeFirst(chain)), "conflict: "));
    std::filesystem::remove(host.certificate);
    CHECK(contains(reasonOf(host.placeFirst(chain)), "not-found: "));
    CHECK(host.filesIn("tls") == Names{"web.key"});
    // And the other way round: what was to be replaced is gone.
    std::filesystem::remove(host.key);
    CHECK(contains(
        reasonOf(host.ask("place", {{"chain", chain}, {"replaces", std::string(64, 'a')}})),
        "conflict: "));
    CHECK(host.filesIn("tls").empty());
}

TEST_CASE("what an admin puts in place of a placed pair is not taken away")
{
    InstallerHost host;
    const auto theirs = readText(host.certificate);
    const auto theirKey = readText(host.key);
    host.empty();
    (void)host.makeKey();
    const auto chain = host.issue();
    CHECK(reasonOf(host.placeFirst(chain)) == "done");
    SUBCASE("a pair")
    {
        REQUIRE(host.files.replace(host.key, theirKey));
        REQUIRE(host.files.replace(host.certificate, theirs));
        CHECK(reasonOf(host.ask("switch_back")) == "done");
        CHECK(readText(host.key) == theirKey);
        CHECK(readText(host.certificate) == theirs);
    }
    SUBCASE("a key: our certificate would be half a pair")
    {
        REQUIRE(host.files.replace(host.key, theirKey));
        CHECK(reasonOf(host.ask("switch_back")) == "done");
        CHECK(host.filesIn("tls") == Names{"web.key"});
        CHECK(readText(host.key) == theirKey);
    }
    SUBCASE("a certificate: our key would be half a pair")
    {
        REQUIRE(host.files.replace(host.certificate, theirs));
        CHECK(reasonOf(host.ask("switch_back")) == "done");
        CHECK(host.filesIn("tls") == Names{"web.pem"});
        CHECK(readText(host.certificate) == theirs);
    }
    CHECK(reasonOf(host.ask("discard")) == "done");
}

TEST_CASE("a first certificate needs a store of plain PEM files, and its folder")
{
    InstallerHost host;
    host.empty();
    const auto tls = host.folder / "tls";
    for (const std::string extra : {"version_link: live", "chain_file: chain.pem",
             "password_file: /etc/password", "helper: [/usr/bin/true]"}) {
        CAPTURE(extra);
        host.writeGuard({{"enrollments", host.enrollment("[web1.example.test]")},
            {"stores", "[{folder: " + tls + ", " + extra + "}]"}});
        CHECK(preflight(host, web1, "") != "done");
    }
    const auto elsewhere = host.folder / "tls/sub/web.pem";
    host.writeGuard({{"enrollments",
        "[{certificate: " + elsewhere + ", key: " + elsewhere + ", names: [web1.example.test]}]"}});
    CHECK(reasonOf(host.ask("preflight", {{"size", "1"}, {"slot.certificate", elsewhere},
                                             {"slot.key", elsewhere}})) != "done");
}

TEST_CASE("the guard's enrollments are read strictly")
{
    InstallerHost host;
    const auto says = [&](const std::string& line) {
        host.writeGuard({{"enrollments", line}});
        const auto loaded = installer::loadGuard(host.folder / "guard.yaml");
        return loaded ? "good" : loaded.error().message;
    };
    CHECK(says(host.enrollment("[web1.example.test]")) == "good");
    CHECK(contains(says(host.enrollment("[\"*\"]")), "names"));
    CHECK(contains(says("[{certificate: /etc/a.pem, key: " + host.key + ", names: [a.test]}]"),
        "certificate: is in none of the stores"));
    CHECK(contains(says("[{certificate: " + host.certificate + ", key: /etc/a.key, names: [a.b]}]"),
        "key: is in none of the stores"));
    CHECK(contains(
        says("[{certificate: " + host.certificate + ", key: " + host.key + "}]"), "names"));
}

TEST_CASE("names that a place has not had are for the guard's enrollments to allow")
{
    InstallerHost host;
    (void)host.makeKey();
    InstallerHost::Content content;
    content.names = "DNS:web1.example.test,DNS:www.example.test";
    const auto chain = host.issue(content);
    const std::string names = "web1.example.test\nwww.example.test\n";
    const std::string refusal = "the name \"www.example.test\" is new at this place";
    CHECK(contains(preflight(host, names, host.fingerprint()), refusal));
    CHECK(contains(reasonOf(host.place(chain)), refusal));
    host.writeGuard({{"enrollments", host.enrollment("[www.example.test]")}});
    CHECK(preflight(host, names, host.fingerprint()) == "done");
    CHECK(contains(preflight(host, names, std::string(64, 'a')), "conflict: "));
    CHECK(reasonOf(host.place(chain)) == "done");
    CHECK(reasonOf(host.ask("switch_back")) == "done");
    CHECK(host.pairMatches());
}
