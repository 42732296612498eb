#include "shared/base/accounts.h"

#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

TEST_CASE("a file is read by root, its owner, and its group's members where the group may read")
{
    const TemporaryFolder folder;
    const auto users = folder.write("passwd", "root:x:0:0::/root:/bin/sh\n"
                                              "web:x:101:201::/:/bin/false\n"
                                              "app:x:102:202::/:/bin/false\n"
                                              "mallory:x:1000:1000::/:/bin/sh\n");
    const auto groups = folder.write("group", "web:x:201:\n"
                                              "ssl-cert:x:300:app,gone,web\n"
                                              "odd line\n"
                                              "empty:x:301:\n");
    const GroupMembers members(users.c_str(), groups.c_str());
    const FileReaders ofGroup{0, 300, true};
    CHECK(members.mayRead(0, ofGroup));
    CHECK(members.mayRead(101, ofGroup));
    CHECK(members.mayRead(102, ofGroup));
    CHECK_FALSE(members.mayRead(1000, ofGroup));
    CHECK_FALSE(members.mayRead(102, {0, 300, false}));
    CHECK(members.mayRead(102, {0, 202, true})); // his first group lists nobody
    CHECK(members.mayRead(1000, {1000, 0, false}));
    CHECK_FALSE(members.mayRead(1000, {0, 301, true}));
    CHECK_FALSE(members.mayRead(1000, {101, 999, true}));
}

TEST_CASE("without the lists of accounts a file is read by root and its owner")
{
    const GroupMembers members("/nowhere/passwd", "/nowhere/group");
    CHECK(members.mayRead(0, {101, 201, true}));
    CHECK(members.mayRead(101, {101, 201, true}));
    CHECK_FALSE(members.mayRead(102, {101, 201, true}));
}
