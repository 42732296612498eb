#include "shared/base/file_destruction.h"

#include "shared/base/file_lock.h"
#include "shared/base/file_place.h"
#include "shared/base/file_traits.h"
#include "shared/base/process.h"
#include "tests/support/temporary_folder.h"

#include <array>
#include <doctest/doctest.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::TemporaryFolder;

TEST_CASE("a destroyed file's bytes are gone, for those too who have it open")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    for (const std::size_t size : {0U, 1U, 4096U, 10'000U}) {
        CAPTURE(size);
        const auto file = folder.write("secret", std::string(size, 's'));
        const auto open = openToRead(file);
        REQUIRE(open);
        CHECK(destroyFile(files, file));
        CHECK_FALSE(std::filesystem::exists(file));
        std::string left(size + 1, 'x');
        CHECK(::pread(open->get(), left.data(), left.size(), 0) == static_cast<ssize_t>(size));
        CHECK(left.substr(0, size) == std::string(size, '\0'));
    }
    CHECK(destroyFile(files, folder / "never-there"));
    CHECK(destroyFile(files, folder / "no-folder/file"));
}

TEST_CASE("what has another name, or is reached by a link, keeps its bytes")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    const auto live = folder.write("live", "in use");
    std::filesystem::create_hard_link(live, folder / "second-name");
    CHECK(destroyFile(files, folder / "second-name"));
    CHECK(*files.read(live) == "in use");
    std::filesystem::create_symlink(live, folder / "link");
    CHECK(destroyFile(files, folder / "link"));
    CHECK_FALSE(std::filesystem::is_symlink(folder / "link"));
    CHECK(*files.read(live) == "in use");
}

TEST_CASE("only what replace() left half written is cleared away")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    (void)folder.write(".new-0123456789abcdef0123456789abcdef.tmp", "half a key");
    for (const char* name :
        {"web.key", ".new-1.tmp", ".new-0123456789abcdef0123456789abcdef.tmp.txt"})
        (void)folder.write(name, "stays");
    CHECK(destroyTemporaries(files, folder.path()));
    CHECK(files.list(folder.path())->size() == 3);
    CHECK(destroyTemporaries(files, folder / "none").error().kind == ErrorKind::NotFound);
}

TEST_CASE("a lock is held by one, or shared by many")
{
    const TemporaryFolder folder;
    const auto isFree = [&](int operation) {
        auto place = placeOf(folder / "lock", false);
        const auto file = openToRead(folder / "lock");
        return ::flock(file->get(), operation | LOCK_NB) == 0;
    };
    {
        const auto held = lockFile(folder / "lock", LockKind::Exclusive);
        REQUIRE(held);
        CHECK_FALSE(isFree(LOCK_SH));
    }
    {
        const auto held = lockFile(folder / "lock", LockKind::Shared);
        CHECK(lockFile(folder / "lock", LockKind::Shared));
        CHECK(isFree(LOCK_SH));
        CHECK_FALSE(isFree(LOCK_EX));
    }
    CHECK(isFree(LOCK_EX));
    CHECK(PosixFileSystem().inspect(folder / "lock")->mode == 0600);
    std::filesystem::create_symlink(folder / "elsewhere", folder / "link");
    CHECK_FALSE(lockFile(folder / "link", LockKind::Exclusive));
    CHECK_FALSE(lockFile(folder / "none/lock", LockKind::Exclusive));
}

TEST_CASE("room is tried by writing, and nothing stays")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    CHECK(tryWriting(files, folder / "probe", 100'000));
    CHECK(files.list(folder.path())->empty());
    CHECK_FALSE(tryWriting(files, folder / "none/probe", 1));
}

TEST_CASE("an immutable file is seen as such")
{
    const TemporaryFolder folder;
    const auto file = folder.write("file", "text");
    CHECK(*isImmutable(file) == false);
    CHECK_FALSE(isImmutable(folder / "none"));
    const auto chattr = [&](const char* flag) {
        Command command;
        command.program = "/usr/bin/chattr";
        command.arguments = {flag, file};
        const auto done = run(command);
        return done && done->status == 0;
    };
    if (!chattr("+i")) {
        MESSAGE("skipped here: chattr +i needs root, and a file system that knows it");
        return;
    }
    CHECK(*isImmutable(file) == true);
    CHECK(chattr("-i"));
    CHECK(chattr("+a"));
    CHECK(*isImmutable(file) == true);
    CHECK(chattr("-a"));
}

TEST_CASE("a replaced file takes another one's SELinux label")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    const auto old = folder.write("old", "text");
    constexpr const char* attribute = "security.selinux";
    const std::string label = "system_u:object_r:cert_t:s0";
    CHECK(files.replace(folder / "unlabelled", "text", {0600, {}, {}, old}));
    if (::setxattr(old.c_str(), attribute, label.data(), label.size(), 0) != 0) {
        MESSAGE("skipped here: labels need root, and a file system that has them");
        return;
    }
    REQUIRE(files.replace(folder / "new", "text", {0600, {}, {}, old}));
    std::array<char, 100> found{};
    const auto size = ::getxattr((folder / "new").c_str(), attribute, found.data(), found.size());
    REQUIRE(size == static_cast<ssize_t>(label.size()));
    CHECK(std::string(found.data(), label.size()) == label);
    REQUIRE(files.replace(folder / "other", "text"));
    CHECK(::getxattr((folder / "other").c_str(), attribute, found.data(), found.size()) < 0);
}
