#include "controller/enrollment/authentication/user_desk.h"
#include "shared/base/file_lock.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <doctest/doctest.h>
#include <filesystem>
#include <thread>

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

Status unrecorded(const UserChange&) { return {}; }

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
    CHECK(users.put("ann", Secret("right"), {"web"}, unrecorded).ok());
    CHECK_FALSE(begun->isKnown("ann"));
    CHECK(users.current()->authenticate("ann", Secret("right")));

    HeldUsers other(folder / "users.yaml"); // the command `user add`
    const auto added = other.put("bob", Secret("left"), {}, unrecorded);
    REQUIRE(added.ok());
    CHECK(added->kind == UserChange::Kind::Added);
    const auto changed = users.put("ann", Secret("new"), {}, unrecorded);
    REQUIRE(changed.ok());
    CHECK(changed->kind == UserChange::Kind::Changed);
    CHECK(users.current()->isKnown("bob"));
    CHECK_FALSE(users.current()->authenticate("ann", Secret("right")));
    CHECK(users.current()->groupsOf("ann").empty());

    CHECK(users.remove("ann", unrecorded).ok());
    CHECK(users.remove("ann", unrecorded).error().kind == ErrorKind::NotFound);
    CHECK(users.remove("bob", unrecorded).ok());
    CHECK(users.current()->names().empty());
    CHECK(users.reload().ok()); // a file of nobody is read again
}

TEST_CASE("two who change users at once, as the admin API and the command do, lose nothing")
{
    const TemporaryFolder folder;
    const auto file = folder / "users.yaml";
    const auto addAll = [&](const std::string& who) {
        HeldUsers users(file); // each with a lock of its own, as two processes have
        for (int i = 0; i < 4; ++i) {
            const auto added = users.put(
                who + std::to_string(i), Secret("x"), {}, [&](const UserChange&) -> Status {
                    if (tryLockFile(file + ".lock"))
                        return Error{ErrorKind::Internal, "others could write now"};
                    return {};
                });
            if (!added) return added.error().message;
        }
        return std::string();
    };
    std::string said;
    std::thread other([&] { said = addAll("b"); });
    CHECK(addAll("a").empty());
    other.join();
    CHECK(said.empty());
    const auto all = Users::read(file);
    REQUIRE(all.ok());
    CHECK(all->names().size() == 8);
}

TEST_CASE("a change is on record before it counts; what cannot be recorded is not done")
{
    const TemporaryFolder folder;
    const auto file = folder / "users.yaml";
    HeldUsers users(file);
    REQUIRE(users.reload().ok());
    std::string told;
    const auto record = [&](const UserChange& change) -> Status {
        const auto written = Users::read(file);
        REQUIRE(written.ok());
        told += std::to_string(static_cast<int>(change.kind)) +
                (written->isKnown("ann") ? "+" : "-") +
                (users.current()->isKnown("ann") ? "+ " : "- ");
        return {};
    };
    REQUIRE(users.put("ann", Secret("right"), {"web"}, record).ok());
    CHECK(told == "0-- ");
    const auto removed = users.remove("ann", record);
    REQUIRE(removed.ok());
    CHECK(removed->groups == std::set<std::string>{"web"});
    CHECK(told == "0-- 2++ ");

    const auto full = [](const UserChange&) -> Status {
        return Error{ErrorKind::Unavailable, "the disk is full"};
    };
    CHECK(users.put("bob", Secret("x"), {}, full).error().kind == ErrorKind::Unavailable);
    REQUIRE(users.put("ann", Secret("right"), {}, record).ok());
    CHECK(users.remove("ann", full).error().kind == ErrorKind::Unavailable);
    CHECK(users.current()->names() == std::vector<std::string>{"ann"});
    CHECK(Users::read(file)->names() == std::vector<std::string>{"ann"});
}

TEST_CASE("a change that fails after it was recorded is recorded as failed, with the reason")
{
    const TemporaryFolder folder;
    const auto store = EnrollmentStore::open(folder / "enrollment.db");
    REQUIRE(store.ok());
    const SystemClock clock;
    const auto file = folder / "users.yaml";
    HeldUsers users(file);
    REQUIRE(users.reload().ok());
    UserDesk desk(users, **store, clock);
    REQUIRE(desk.put("root", "ann", Secret("x"), {"web"}).ok());
    const auto events = [&] {
        std::string kinds;
        const auto page = readEvents((*store)->database(), 0, 100);
        REQUIRE(page.ok());
        for (const auto& event : page->items)
            kinds += event.kind + (event.details.find("reason") != nullptr ? "! " : " ");
        return kinds;
    };
    CHECK(events() == "user.added ");
    // The file turns into a folder while the change is under way: nothing takes its place.
    const auto failed = users.put("bob", Secret("x"), {}, [&](const UserChange& change) -> Status {
        if (change.kind != UserChange::Kind::Failed) {
            std::filesystem::remove(file);
            std::filesystem::create_directory(file);
            return (*store)->addEvent("user.added", clock.now(), Json(Json::Object{}));
        }
        Json details;
        details["reason"] = change.reason;
        return (*store)->addEvent("user.change_failed", clock.now(), details);
    });
    CHECK_FALSE(failed.ok());
    CHECK(events() == "user.added user.added user.change_failed! ");
    CHECK_FALSE(users.current()->isKnown("bob"));
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
        CHECK(users.put(name, Secret("x"), {}, unrecorded).error().kind == ErrorKind::InvalidInput);
    }
    CHECK(
        users.put("ann", Secret("x"), {"a b"}, unrecorded).error().kind == ErrorKind::InvalidInput);
    CHECK(users.put("ann", Secret(), {}, unrecorded).error().kind == ErrorKind::InvalidInput);
    CHECK(users.current()->names().empty());

    (void)folder.write("users.yaml", "users: [\n");
    CHECK_FALSE(users.reload().ok());
    CHECK_FALSE(users.put("ann", Secret("x"), {}, unrecorded).ok());
    CHECK(users.current()->names().empty());
}
