#include "controller/enrollment/authentication/principal_names.h"

#include "controller/enrollment/authentication/directory_settings.h"

#include <doctest/doctest.h>

using namespace perennial::enrollment::server;

namespace {

PrincipalNames names()
{
    return {{{"web1$@LAB.TEST", "web1", {"servers"}}, {"odd\\@name@LAB.TEST", "odd", {}}},
        {{"LAB.TEST", true, {"lab"}}, {"OTHER.TEST", false, {}}}};
}

std::string nameOf(const std::string& principal)
{
    const auto caller = callerOf(names(), principal);
    return caller ? caller->caller.name : "nobody";
}

} // namespace

TEST_CASE("principals become callers only by their own line or their realm's")
{
    CHECK(nameOf("web1$@LAB.TEST") == "web1");
    CHECK(callerOf(names(), "web1$@LAB.TEST")->caller.groups == std::set<std::string>{"servers"});
    CHECK(nameOf("alice@LAB.TEST") == "alice");
    CHECK(callerOf(names(), "alice@LAB.TEST")->caller.groups == std::set<std::string>{"lab"});
    CHECK(nameOf("alice/admin@LAB.TEST") == "alice/admin");
    CHECK(nameOf("alice@OTHER.TEST") == "alice@OTHER.TEST");
    CHECK(nameOf("alice@THIRD.TEST") == "nobody");
    CHECK(nameOf("alice@lab.test") == "nobody"); // realms differ by letter case
    CHECK(nameOf("alice@SUB.LAB.TEST") == "nobody");
    CHECK(nameOf("alice") == "nobody");
    CHECK(nameOf("@LAB.TEST") == "nobody");
    CHECK(nameOf("") == "nobody");
    CHECK_FALSE(callerOf({}, "alice@LAB.TEST"));
}

TEST_CASE("a name with an escaped @ belongs to no realm but the one it is listed with")
{
    // RFC 1964 2.1.1: principal "alice@LAB.TEST" of the realm OTHER.TEST.
    CHECK(nameOf("alice\\@LAB.TEST@OTHER.TEST") == "nobody");
    CHECK(nameOf("alice@OTHER.TEST\\@LAB.TEST") == "nobody");
    CHECK(nameOf("odd\\@name@LAB.TEST") == "odd");
}

TEST_CASE("no principal passes for a certificate or hides in unprintable characters")
{
    CHECK(nameOf("certificate 0AFF@LAB.TEST") == "nobody");
    CHECK(nameOf("al\nice@LAB.TEST") == "nobody");
    CHECK(nameOf("al\xC3\xBC@LAB.TEST") == "nobody");
    CHECK(nameOf(std::string(129, 'a') + "@LAB.TEST") == "nobody");
}

TEST_CASE("the directory is asked of whom it is said, and only where one entry has the principal")
{
    auto asking = names();
    CHECK_FALSE(callerOf(asking, "alice@LAB.TEST")->directory);
    CHECK(checkPrincipals(asking, std::nullopt));
    asking.realms.front().directory = true;
    asking.principals.front().directory = true;
    CHECK(callerOf(asking, "alice@LAB.TEST")->directory);
    CHECK(callerOf(asking, "web1$@LAB.TEST")->directory);
    CHECK_FALSE(callerOf(asking, "alice@OTHER.TEST")->directory);

    DirectorySettings directory;
    CHECK_FALSE(checkPrincipals(asking, std::nullopt));
    CHECK_FALSE(checkPrincipals(asking, directory));
    directory.search.emplace();
    CHECK_FALSE(checkPrincipals(asking, directory));
    directory.search->principals = {"uid", false};
    CHECK(checkPrincipals(asking, directory));
    // Of two realms alice would be one entry.
    asking.realms.back().directory = true;
    CHECK_FALSE(checkPrincipals(asking, directory));
    directory.search->principals->withRealm = true;
    CHECK(checkPrincipals(asking, directory));
}
