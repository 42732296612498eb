// Trees that somebody changes while they are walked, or that were made to harm whoever walks them.

#include "plugins/files_discovery/folder_walk.h"

#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <chrono>
#include <doctest/doctest.h>
#include <fstream>
#include <functional>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::plugins::files;
using namespace perennial::test;

namespace fs = std::filesystem;

namespace {

using Step = std::function<void(const std::string& path)>;

class Visitor final : public FileVisitor {
public:
    Step beforeOpening = [](const auto&) {};
    Step afterOpening = [](const auto&) {};
    std::set<std::string> opened;

    bool knowsFiles() const override { return true; }
    bool knows(const WalkedFile& file) override
    {
        beforeOpening(file.path());
        return false;
    }
    std::uint64_t look(const WalkedFile& file, int /*descriptor*/) override
    {
        opened.insert(fs::path(file.path()).filename().string());
        afterOpening(file.path());
        return file.identity().size;
    }
};

struct Walked {
    std::set<std::string> opened;
    Discovery found;
};

Walked walk(const fs::path& folder, Visitor visitor, const WalkLimits& limits = {})
{
    const SystemClock clock;
    Walked walked;
    FolderWalk(clock, limits).walk(folder.string(), visitor, walked.found);
    walked.opened = std::move(visitor.opened);
    return walked;
}

bool says(const Walked& walked, const std::string& what)
{
    for (const auto& reason : walked.found.skipped) {
        if (reason.find(what) != std::string::npos) return true;
    }
    return false;
}

std::size_t openDescriptors()
{
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd"))
        count += entry.path().empty() ? 0U : 1U;
    return count;
}

} // namespace

TEST_CASE("a file that becomes a FIFO before it is opened blocks nobody")
{
    const TemporaryFolder folder;
    folder.write("cert.pem", "x");
    Visitor visitor;
    visitor.beforeOpening = [](const std::string& path) {
        fs::remove(path);
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    };
    ::alarm(20); // without O_NONBLOCK the test ends here
    const auto walked = walk(folder.path(), std::move(visitor));
    ::alarm(0);
    CHECK(walked.opened.empty());
    CHECK(says(walked, "1 FIFOs, sockets and devices were not opened"));
}

TEST_CASE("a file that becomes a link before it is opened is not followed")
{
    const TemporaryFolder folder;
    const TemporaryFolder elsewhere;
    const auto secret = elsewhere.write("secret", "x");
    folder.write("cert.pem", "x");
    Visitor visitor;
    visitor.beforeOpening = [&](const std::string& path) {
        fs::remove(path);
        fs::create_symlink(secret, path);
    };
    const auto walked = walk(folder.path(), std::move(visitor));
    CHECK(walked.opened.empty());
    CHECK(says(walked, "1 symbolic links were not followed"));
}

TEST_CASE("a folder that becomes a link while it is walked leads nowhere else")
{
    const TemporaryFolder folder;
    const TemporaryFolder elsewhere;
    elsewhere.write("secret", "x");
    // Whichever of the two is met first turns the other one's folder into a link.
    for (const char* name : {"a", "b"}) {
        fs::create_directory(folder / name);
        folder.write(std::string(name) + "/cert.pem", "x");
    }
    const auto swap = [&](const std::string& name) {
        fs::rename(folder / name, elsewhere / name);
        fs::create_symlink(elsewhere.path(), folder / name);
    };
    Visitor visitor;
    bool swapped = false;
    visitor.afterOpening = [&](const std::string& path) {
        if (!std::exchange(swapped, true)) swap(path.find("/a/") != std::string::npos ? "b" : "a");
    };
    const auto walked = walk(folder.path(), std::move(visitor));
    CHECK(walked.opened == std::set<std::string>{"cert.pem"});
    CHECK(says(walked, "1 files or folders could not be read"));
    SUBCASE("the open folder itself stays the one that was entered")
    {
        Visitor second;
        second.afterOpening = [&](const std::string& path) {
            const auto parent = fs::path(path).parent_path();
            if (parent == folder.path() || fs::is_symlink(parent)) return;
            fs::rename(parent, elsewhere / "moved");
            fs::create_symlink(elsewhere.path(), parent);
        };
        CHECK(walk(folder.path(), std::move(second)).opened.count("secret") == 0);
    }
}

TEST_CASE("a folder that is named several times is read once")
{
    const TemporaryFolder folder;
    folder.write("cert.pem", "x");
    const SystemClock clock;
    FolderWalk walk(clock, {});
    Visitor visitor;
    std::size_t times = 0;
    visitor.afterOpening = [&](const auto&) { ++times; };
    Discovery found;
    for (int i = 0; i < 3; ++i)
        walk.walk(folder.path().string(), visitor, found);
    CHECK(times == 1);
}

TEST_CASE("file systems of the kernel are not entered")
{
    const auto walked = walk("/", Visitor(), {.entries = 2'000, .depth = 2});
    CHECK(says(walked, "file systems of the kernel or the network were not entered"));
    for (const char* name : {"cmdline", "kmsg", "meminfo"})
        CHECK(walked.opened.count(name) == 0);
}

TEST_CASE("unreadable folders are counted")
{
    if (::geteuid() == 0) {
        MESSAGE("skipped here: root reads every folder");
        return;
    }
    const TemporaryFolder folder;
    fs::create_directory(folder / "closed");
    fs::permissions(folder / "closed", fs::perms::none);
    const auto walked = walk(folder.path(), Visitor());
    fs::permissions(folder / "closed", fs::perms::owner_all);
    CHECK(says(walked, "1 files or folders could not be read"));
}

TEST_CASE("the deepest tree and the longest names cost a bounded number of descriptors")
{
    const TemporaryFolder folder;
    const auto start = fs::current_path();
    fs::current_path(folder.path());
    for (int i = 0; i < 300; ++i) { // deeper than any path can say
        fs::create_directory(std::string(255, 'd'));
        fs::current_path(std::string(255, 'd'));
    }
    fs::current_path(start);
    const auto before = openDescriptors();
    const auto walked = walk(folder.path(), Visitor());
    CHECK(openDescriptors() == before);
    CHECK(says(walked, "1 folders are nested too deep"));
}

TEST_CASE("60,000 names in one folder are not held, and cost the folder beside them nothing")
{
    const TemporaryFolder folder;
    fs::create_directory(folder / "crowd");
    const auto first = folder.write("crowd/0", "x");
    for (int i = 1; i < 60'000; ++i) // one file under many names
        REQUIRE(::link(first.c_str(), (folder / "crowd/" + std::to_string(i)).c_str()) == 0);
    folder.write("web.pem", "x");
    const auto walked = walk(folder.path(), Visitor());
    CHECK(walked.opened.count("web.pem") == 1);
    CHECK(walked.opened.size() <= 50'001);
    CHECK(says(walked, "1 folders were read only in part: too many entries"));
}

TEST_CASE("what one user fills, and a folder that comes first, leave the others their turn")
{
    const TemporaryFolder folder;
    const auto fill = [&](const std::string& name, int files, uid_t owner) {
        fs::create_directories(folder / name);
        for (int i = 0; i < files; ++i)
            (void)folder.write(name + "/" + name + std::to_string(i), "some text");
        REQUIRE(::chown((folder / name).c_str(), owner, owner) == 0);
    };
    const auto openedOf = [](const Walked& walked, const std::string& name) {
        return std::count_if(walked.opened.begin(), walked.opened.end(),
            [&](const auto& file) { return file.starts_with(name); });
    };
    const auto walkAll = [&](const std::vector<std::string>& names, const WalkLimits& limits) {
        const SystemClock clock;
        Visitor visitor;
        Walked walked;
        std::vector<std::string> folders;
        for (const auto& name : names)
            folders.push_back(folder / name);
        FolderWalk(clock, limits).walkAll(folders, visitor, walked.found);
        walked.opened = std::move(visitor.opened);
        return walked;
    };
    SUBCASE("a folder that comes first has at most half, and what the others do not need")
    {
        fill("first", 200, ::geteuid());
        fill("last", 10, ::geteuid());
        const auto walked = walkAll({"first", "last"}, {.entries = 100});
        CHECK(openedOf(walked, "first") == 75);
        CHECK(openedOf(walked, "last") == 10);
        CHECK(openedOf(walkAll({"last", "first"}, {.entries = 300}), "first") == 200);
        const auto bytes = walkAll({"first", "last"}, {.allBytes = 900});
        CHECK(openedOf(bytes, "first") == 75);
        CHECK(openedOf(bytes, "last") == 10);
    }
    SUBCASE("of a tree of another user no more than half is walked")
    {
        if (::geteuid() != 0) {
            MESSAGE("skipped here: only root can make files of another user");
            return;
        }
        fill("mallory", 200, 54'321);
        fill("service", 10, 54'322);
        fill("root", 20, 0);
        fs::create_directories(folder / "open");
        fs::permissions(folder / "open", fs::perms::all);
        fs::rename(folder / "mallory", folder / "open/mallory");
        const auto walked = walkAll({""}, {.entries = 100});
        CHECK(openedOf(walked, "mallory") <= 50);
        CHECK(openedOf(walked, "mallory") > 20);
        CHECK(openedOf(walked, "root") == 20);
        CHECK(openedOf(walked, "service") == 10);
        CHECK(says(walked, "folders were not read to the end: their owners have had their share"));
        const auto bytes = walkAll({""}, {.allBytes = 900});
        CHECK(openedOf(bytes, "mallory") <= 50);
        CHECK(openedOf(bytes, "root") == 20);
    }
    SUBCASE("where everybody may put files nobody's share is taken")
    {
        if (::geteuid() != 0) {
            MESSAGE("skipped here: only root can make files of another user");
            return;
        }
        fill("tmp", 200, 0);
        fs::permissions(folder / "tmp", fs::perms::all);
        fill("root", 20, 0);
        const auto walked = walkAll({""}, {.entries = 100});
        CHECK(openedOf(walked, "tmp") == 50);
        CHECK(openedOf(walked, "root") == 20);
    }
}
