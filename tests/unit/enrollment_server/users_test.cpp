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
