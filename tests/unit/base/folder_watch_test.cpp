#include "shared/base/folder_watch.h"
#include "tests/support/temporary_folder.h"

using namespace perennial;
using namespace perennial::test;

namespace {

using Folders = std::set<std::string>;

struct Watched {
    TemporaryFolder folder;
    std::string here = folder / "here";
    std::string there = folder / "there";
    FolderWatch watch = *FolderWatch::open();

    Watched()
    {
        std::filesystem::create_directories(here);
        std::filesystem::create_directories(there);
        (void)folder.write("here/a", "1");
        REQUIRE(watch.watch({here, there}).empty());
        REQUIRE(watch.changed().empty());
    }
};

} // namespace

TEST_CASE("what is written, made, renamed, removed or given other rights changes its folder alone")
{
    Watched watched;
    const auto told = [&](const std::string& what, auto change) {
        change();
        CHECK_MESSAGE(watched.watch.changed() == Folders{watched.here}, what);
        CHECK_MESSAGE(watched.watch.changed().empty(), what, " once");
    };
    told("written in place", [&] { std::ofstream(watched.here + "/a") << "2"; });
    told("made", [&] { (void)watched.folder.write("here/b", ""); });
    told("renamed", [&] { std::filesystem::rename(watched.here + "/b", watched.here + "/a"); });
    told("a link", [&] { std::filesystem::create_symlink("a", watched.here + "/l"); });
    told("rights", [&] { REQUIRE(::chmod((watched.here + "/a").c_str(), 0640) == 0); });
    told("removed", [&] { std::filesystem::remove(watched.here + "/a"); });
    (void)watched.folder.write("elsewhere", "");
    std::ifstream(watched.here + "/l").get();
    CHECK(watched.watch.changed().empty());
}

TEST_CASE("only the folders that were named last are watched, and what cannot be is named")
{
    Watched watched;
    CHECK(watched.watch.watch({watched.there, watched.folder / "none"}) ==
          Folders{watched.folder / "none"});
    (void)watched.folder.write("here/b", "");
    CHECK(watched.watch.changed().empty());
    (void)watched.folder.write("there/b", "");
    CHECK(watched.watch.changed() == Folders{watched.there});
}

TEST_CASE(
    "a folder that another one takes the place of is told, and watched when it is named again")
{
    Watched watched;
    std::filesystem::remove_all(watched.there);
    CHECK(watched.watch.changed() == Folders{watched.there});
    std::filesystem::create_directories(watched.there);
    CHECK(watched.watch.watch({watched.here, watched.there}).empty());
    (void)watched.folder.write("there/c", "");
    CHECK(watched.watch.changed() == Folders{watched.there});
}

TEST_CASE("two names of one folder are both told")
{
    Watched watched;
    const auto second = watched.folder / "second";
    std::filesystem::create_directory_symlink(watched.here, second);
    CHECK(watched.watch.watch({watched.here, second}).empty());
    (void)watched.folder.write("here/b", "");
    CHECK(watched.watch.changed() == Folders{watched.here, second});
}

TEST_CASE("more changes than the kernel tells of: every folder may have changed")
{
    Watched watched;
    std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
    std::size_t most = 0;
    limit >> most;
    if (most == 0 || most > 100'000) {
        MESSAGE("skipped: the kernel's queue is longer than a test should fill");
        return;
    }
    for (std::size_t i = 0; i < most; ++i) {
        // Two different events in turn: the kernel drops one that repeats the one before.
        REQUIRE(::chmod((watched.here + "/a").c_str(), i % 2 == 0 ? 0640 : 0600) == 0);
        std::ofstream(watched.here + "/a", std::ios::app) << "";
    }
    Folders all;
    for (Folders some = watched.watch.changed(); !some.empty(); some = watched.watch.changed())
        all.insert(some.begin(), some.end());
    CHECK(all == Folders{watched.here, watched.there});
}
