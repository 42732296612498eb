// Orders among each other, and in time.

#include "tests/support/installer_host.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::InstallerHost;
using perennial::test::readText;
using perennial::test::reasonOf;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

constexpr const char* other = "0198c6d2-0000-7000-8000-000000000002";

} // namespace

TEST_CASE("two orders on the same files: the second is refused while the first is at work")
{
    InstallerHost host;
    (void)host.makeKey();
    const std::string reason =
        "conflict: order " + std::string(InstallerHost::order) + " is at work on the same files";
    CHECK(contains(reasonOf(host.makeKey(other)), reason));
    CHECK(contains(reasonOf(host.ask("preflight", {{"size", "1"}}, other)), reason));
    host.clock.advance(std::chrono::minutes(61)); // its agent forgot it
    CHECK(reasonOf(host.makeKey(other)) == "done");
    CHECK(contains(
        reasonOf(host.ask("preflight", {{"size", "1"}})), "conflict: order " + std::string(other)));
    host.ask("discard", {}, other);

    const auto chain = host.issue();
    CHECK(reasonOf(host.place(chain)) == "done");
    host.clock.advance(std::chrono::hours(23));
    CHECK(contains(reasonOf(host.makeKey("0198-third")), reason));
    host.clock.advance(std::chrono::hours(2));
    CHECK(reasonOf(host.makeKey("0198-third")) == "done");
    CHECK(reasonOf(host.place(host.issue({}, host.newKeyFile("0198-third")), "0198-third")) ==
          "done");
    CHECK(host.pairMatches());
    CHECK(reasonOf(host.ask("finish", {}, "0198-third")) == "done");
    CHECK(host.filesIn("tls") ==
          std::set<std::string>{"web.key", "web.pem"}); // of the first, nothing is left
    CHECK(reasonOf(host.ask("discard")) == "done");
}

TEST_CASE("no slot is renewed more often in a day than the guard allows")
{
    InstallerHost host;
    host.writeGuard({{"renewals_per_day", "2"}});
    (void)host.makeKey();
    const auto chain = host.issue();
    CHECK(reasonOf(host.place(chain)) == "done");
    host.ask("switch_back");
    CHECK(reasonOf(host.place(chain)) == "done");
    host.ask("switch_back");
    CHECK(contains(reasonOf(host.place(chain)),
        "permission-denied: the guard allows 2 renewals of one slot a day"));
    host.ask("discard"); // which does not make it forgotten
    CHECK(contains(reasonOf(host.makeKey(other)), "the guard allows 2 renewals"));
    CHECK(contains(
        reasonOf(host.ask("preflight", {{"size", "1"}}, other)), "the guard allows 2 renewals"));
    host.clock.advance(std::chrono::hours(25));
    CHECK(reasonOf(host.makeKey(other)) == "done");
}

TEST_CASE("an old pair is kept as long as the guard says, then destroyed")
{
    InstallerHost host;
    host.writeGuard({{"keep_previous", "12h"}});
    (void)host.makeKey();
    (void)host.place(host.issue());
    CHECK(reasonOf(host.ask("finish")) == "done");
    CHECK(host.filesIn("tls").size() == 4);
    CHECK_FALSE(std::filesystem::exists(host.newKeyFile()));
    host.clock.advance(std::chrono::hours(11));
    CHECK(reasonOf(host.ask("finish")) == "done");
    CHECK(host.filesIn("tls").size() == 4);
    host.clock.advance(std::chrono::hours(2));
    CHECK(reasonOf(host.ask("finish")) == "done"); // any message will do
    CHECK(host.filesIn("tls") == std::set<std::string>{"web.key", "web.pem"});
}

TEST_CASE("what ended is remembered for a month; a key that nobody used goes after three")
{
    InstallerHost host;
    (void)host.makeKey();
    (void)host.place(host.issue());
    (void)host.ask("finish");
    host.clock.advance(std::chrono::days(2));
    (void)host.makeKey(other);
    host.clock.advance(std::chrono::days(29));
    (void)host.ask("discard", {}, "any");
    CHECK(host.filesIn("state/orders").size() == 2); // the other's record and key
    host.clock.advance(std::chrono::days(62));
    (void)host.ask("discard", {}, "any");
    CHECK_FALSE(std::filesystem::exists(host.newKeyFile(other)));
    host.clock.advance(std::chrono::days(31));
    (void)host.ask("discard", {}, "any");
    CHECK(host.filesIn("state/orders").empty());
}

TEST_CASE("a damaged record stops its own order only")
{
    InstallerHost host;
    (void)host.makeKey();
    (void)host.folder.write("state/orders/" + std::string(other) + ".json", "{\"order\": 1");
    CHECK(reasonOf(host.place(host.issue())) == "done");
    CHECK(contains(reasonOf(host.ask("finish", {}, other)), "corrupt: "));
    // A record under another order's name is damage too.
    std::filesystem::copy_file(
        host.folder / ("state/orders/" + std::string(InstallerHost::order) + ".json"),
        host.folder / "state/orders/alone-1.json");
    CHECK(contains(reasonOf(host.ask("finish", {}, "alone-1")), "corrupt: "));
}

TEST_CASE("of an order that changed nothing no record stays: nobody fills the disk with them")
{
    InstallerHost host;
    for (int i = 0; i < 3; ++i) {
        (void)host.makeKey();
        CHECK(host.filesIn("state/orders").size() == 2);
        CHECK(reasonOf(host.ask("discard")) == "done");
        CHECK(host.filesIn("state/orders").empty());
        CHECK(reasonOf(host.ask("discard")) == "done");
    }
    (void)host.makeKey();
    (void)host.place(host.issue());
    (void)host.ask("switch_back");
    CHECK(reasonOf(host.ask("discard")) == "done");
    CHECK(host.filesIn("state/orders").size() == 1); // it counts among the renewals of the day
}

TEST_CASE(
    "a record that a newer program wrote is refused by an older one, and nothing of it is lost")
{
    InstallerHost host;
    (void)host.makeKey();
    REQUIRE(reasonOf(host.place(host.issue())) == "done");
    const auto file = host.folder / ("state/orders/" + std::string(InstallerHost::order) + ".json");
    const auto known = readText(file);
    (void)host.folder.write("state/orders/" + std::string(InstallerHost::order) + ".json",
        "{\"of_later\":1," + known.substr(1));
    const auto names = [&host] {
        std::set<std::string> all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(host.folder / "tls"))
            all.insert(entry.path().string() + " " + readText(entry.path()));
        return all;
    };
    const auto before = names();
    host.clock.advance(std::chrono::days(100));
    for (const char* verb : {"finish", "switch_back", "discard", "act"}) {
        CAPTURE(verb);
        const auto said = reasonOf(host.ask(verb));
        CHECK_MESSAGE(contains(said, "of_later"), said);
        CHECK(contains(said, std::string(InstallerHost::order) + ".json"));
    }
    CHECK(names() == before); // the way back is there for the newer one
    (void)host.folder.write("state/orders/" + std::string(InstallerHost::order) + ".json", known);
    CHECK(reasonOf(host.ask("switch_back")) == "done");
}
