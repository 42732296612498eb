#include "controller/enrollment/authentication/users.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::server;
using namespace perennial::test;

namespace {

// Processor time of this thread: what others do on the machine does not count.
double costOf(const Users& users, const std::string& name)
{
    std::array<double, 5> costs{};
    for (auto& cost : costs) {
        timespec from{};
        timespec to{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        CHECK_FALSE(users.authenticate(name, Secret("wrong")));
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        cost = static_cast<double>(to.tv_sec - from.tv_sec) +
               1e-9 * static_cast<double>(to.tv_nsec - from.tv_nsec);
    }
    std::sort(costs.begin(), costs.end());
    return costs[2];
}

Users usersWithAnn(const TemporaryFolder& folder)
{
    auto users = Users::read(folder / "none.yaml");
    REQUIRE(users.ok());
    users->put("ann", Secret("right"), {"admins"});
    return *std::move(users);
}

} // namespace

TEST_CASE("an unknown name costs what a wrong password costs, from the first time on")
{
    const TemporaryFolder folder;
    const auto users = usersWithAnn(folder);
    const double unknown = costOf(users, "nobody");
    const double known = costOf(users, "ann");
    CHECK(unknown > known / 2);
    CHECK(unknown < known * 2);
    CHECK(costOf(users, "") > known / 2);
}

TEST_CASE("the password of a user and no other, and never an empty one")
{
    const TemporaryFolder folder;
    auto users = usersWithAnn(folder);
    users.put("empty", Secret(), {});
    CHECK(users.authenticate("ann", Secret("right")));
    CHECK_FALSE(users.authenticate("ann", Secret("Right")));
    CHECK_FALSE(users.authenticate("ANN", Secret("right")));
    CHECK_FALSE(users.authenticate("empty", Secret()));
    CHECK_FALSE(users.authenticate("nobody", Secret("-"))); // what unknown names are compared with
    CHECK(users.groupsOf("ann") == std::set<std::string>{"admins"});

    REQUIRE(users.write(folder / "users.yaml").ok());
    const auto again = Users::read(folder / "users.yaml");
    REQUIRE(again.ok());
    CHECK(again->authenticate("ann", Secret("right")));
}

TEST_CASE("no user of the file passes for a certificate")
{
    const TemporaryFolder folder;
    const auto read = Users::read(folder.write(
        "users.yaml", "users:\n  \"certificate 0AFF\":\n    password: \"scrypt$15$8$1$a$b\"\n"));
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().message.find("users.yaml:") != std::string::npos);
}

TEST_CASE("users in force change with the file, and keep what others wrote into it")
{
    const TemporaryFolder folder;
    HeldUsers users(folder / "users.yaml");
    REQUIRE(users.reload().ok());
    const auto begun = users.current(); // somebody is at work with these
    CHECK(users.put("ann", Secret("right"), {"web"}).ok());
    CHECK_FALSE(begun->isKnown("ann"));
    CHECK(users.current()->authenticate("ann", Secret("right")));

    HeldUsers other(folder / "users.yaml"); // the command `user add`
    const auto added = other.put("bob", Secret("left"), {});
    REQUIRE(added.ok());
    CHECK(*added);
    const auto changed = users.put("ann", Secret("new"), {});
    REQUIRE(changed.ok());
    CHECK_FALSE(*changed);
    CHECK(users.current()->isKnown("bob"));
    CHECK_FALSE(users.current()->authenticate("ann", Secret("right")));
    CHECK(users.current()->groupsOf("ann").empty());

    CHECK(users.remove("ann").ok());
    CHECK(users.remove("ann").error().kind == ErrorKind::NotFound);
    CHECK(users.remove("bob").ok());
    CHECK(users.current()->names().empty());
    CHECK(users.reload().ok()); // a file of nobody is read again
}

TEST_CASE("a name that could be something else, and no password, are refused and change nothing")
{
    const TemporaryFolder folder;
    HeldUsers users(folder / "users.yaml");
    REQUIRE(users.reload().ok());
    const std::string longName(129, 'a');
    for (const std::string& name :
        std::vector<std::string>{"", "a b", "certificate 0AFF", "a\"b", "a\n", longName}) {
        CAPTURE(name);
        CHECK(users.put(name, Secret("x"), {}).error().kind == ErrorKind::InvalidInput);
    }
    CHECK(users.put("ann", Secret("x"), {"a b"}).error().kind == ErrorKind::InvalidInput);
    CHECK(users.put("ann", Secret(), {}).error().kind == ErrorKind::InvalidInput);
    CHECK(users.current()->names().empty());

    (void)folder.write("users.yaml", "users: [\n");
    CHECK_FALSE(users.reload().ok());
    CHECK_FALSE(users.put("ann", Secret("x"), {}).ok());
    CHECK(users.current()->names().empty());
}
