#include "shared/base/owner_shares.h"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace perennial;

TEST_CASE("one user has at most half, all users together three quarters, root what is left")
{
    constexpr uid_t mallory = 60'001;
    constexpr uid_t friendOfHis = 60'002;
    constexpr uid_t other = 60'003;
    OwnerShares shares(100);
    CHECK(shares.left(mallory) == 50);
    shares.spend(mallory, 40);
    CHECK(shares.left(mallory) == 10);
    CHECK(shares.left(other) == 35);
    shares.spend(mallory, 20); // the last step may go beyond
    CHECK(shares.left(mallory) == 0);
    CHECK(shares.left(other) == 15);
    shares.spend(friendOfHis, 15);
    CHECK(shares.left(other) == 0);
    CHECK(shares.left(OwnerShares::everybody) == 0);
    CHECK(shares.left(0) == 25);
    CHECK(shares.left(::geteuid()) == 25);
    shares.spend(0, 1'000);
    CHECK(shares.left() == 0);
    CHECK(shares.left(0) == 0);
}

TEST_CASE("root may have everything, and of nothing nobody has a share")
{
    OwnerShares shares(100);
    shares.spend(0, 80);
    CHECK(shares.left(60'001) == 20);
    shares.spend(60'001, 20);
    CHECK(shares.left(0) == 0);
    CHECK(OwnerShares(0).left(0) == 0);
    CHECK(OwnerShares(1).left(60'001) == 1);
}
