#include "shared/base/file_system.h"

#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::TemporaryFolder;
namespace fs = std::filesystem;

namespace {

ErrorKind kindOf(const Status& status)
{
    REQUIRE_FALSE(status);
    return status.error().kind;
}

template <class T>
ErrorKind kindOf(const Result<T>& result)
{
    REQUIRE_FALSE(result);
    return result.error().kind;
}

std::string toolOutput(const std::string& path)
{
    std::ostringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return content.str();
}

// A disk of 64 KiB, where the tests may mount one.
class TinyDisk {
public:
    TinyDisk()
    {
        mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=64k,mode=0700") == 0;
    }
    ~TinyDisk()
    {
        if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }
    TinyDisk(const TinyDisk&) = delete;
    TinyDisk& operator=(const TinyDisk&) = delete;

    bool mounted() const { return mounted_; }
    std::string operator/(std::string_view name) const { return folder_ / name; }
    const fs::path& path() const { return folder_.path(); }

private:
    TemporaryFolder folder_;
    bool mounted_ = false;
};

} // namespace

TEST_CASE("replace leaves the new content, mode 0600 and no leftovers")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    CHECK(kindOf(files.read(folder / "a")) == ErrorKind::NotFound);
    REQUIRE(files.replace(folder / "a", "one"));
    const auto first = *files.inspect(folder / "a");
    REQUIRE(files.replace(folder / "a", std::string("two\0", 4)));
    CHECK(*files.read(folder / "a") == std::string("two\0", 4));
    CHECK(*files.list(folder.path()) == std::vector<std::string>{"a"});
    const auto second = *files.inspect(folder / "a");
    CHECK(second.mode == 0600);
    CHECK(second.owner == ::geteuid());
    CHECK(second.size == 4);
    CHECK(second.links == 1);
    CHECK(second.inode != first.inode); // a new file, not the old one written over
    REQUIRE(files.replace(folder / "a", ""));
    CHECK(files.read(folder / "a")->empty());
}

TEST_CASE("replace gives the mode asked for, whatever the umask, and does not keep the old file's")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    const mode_t before = ::umask(0077);
    for (const mode_t mode : {0644U, 0640U, 0400U, 0600U, 0666U}) {
        REQUIRE(files.replace(folder / "a", "x", {.mode = mode}));
        CHECK(files.inspect(folder / "a")->mode == mode);
    }
    ::umask(before);
}

TEST_CASE("replace gives owner and group before content, or fails and leaves the old file")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    REQUIRE(files.replace(folder / "a", "old"));
    if (::geteuid() == 0) {
        REQUIRE(files.replace(folder / "a", "new", {.mode = 0640, .owner = 12, .group = 34}));
        CHECK(files.inspect(folder / "a")->owner == 12);
        CHECK(files.inspect(folder / "a")->group == 34);
        CHECK(files.inspect(folder / "a")->mode == 0640);
        REQUIRE(files.replace(folder / "a", "new", {.group = 34}));
        CHECK(files.inspect(folder / "a")->owner == 0);
        CHECK(files.inspect(folder / "a")->group == 34);
    } else {
        CHECK(kindOf(files.replace(folder / "a", "new", {.owner = 0})) ==
              ErrorKind::PermissionDenied);
        CHECK(*files.read(folder / "a") == "old");
        MESSAGE("skipped here: giving files to another owner needs root");
    }
    CHECK(files.list(folder.path())->size() == 1);
}

TEST_CASE("reading stops at the limit, by the size told and by the size found")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    const auto path = folder.write("a", "12345");
    CHECK(*files.read(path, 5) == "12345");
    CHECK(kindOf(files.read(path, 4)) == ErrorKind::InvalidInput);
    CHECK(kindOf(files.read(path, 0)) == ErrorKind::InvalidInput);
    CHECK(files.read(folder.write("empty", ""), 0)->empty());

    // Ten gigabytes of nothing: refused before a byte is read.
    REQUIRE(::truncate(path.c_str(), 10LL << 30U) == 0);
    CHECK(kindOf(files.read(path)) == ErrorKind::InvalidInput);

    // Files of /proc say that they are empty and are not.
    const auto status = files.read("/proc/self/status");
    REQUIRE(status);
    CHECK(status->find("VmSize") != std::string::npos);
    CHECK(kindOf(files.read("/proc/self/status", 10)) == ErrorKind::InvalidInput);

    const std::string big(3'000'000, 'x');
    CHECK(*files.read(folder.write("big", big)) == big);
}

TEST_CASE("only regular files are read, replaced and appended to")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    REQUIRE(::mkdir((folder / "folder").c_str(), 0700) == 0);
    REQUIRE(::symlink((folder / "nowhere").c_str(), (folder / "dangling").c_str()) == 0);
    const auto target = folder.write("target", "precious");
    REQUIRE(::symlink(target.c_str(), (folder / "link").c_str()) == 0);

    for (const char* name : {"fifo", "folder", "dangling", "link"}) {
        CAPTURE(name);
        CHECK(kindOf(files.read(folder / name)) == ErrorKind::InvalidInput);
        CHECK(kindOf(files.replace(folder / name, "x")) == ErrorKind::InvalidInput);
        CHECK(kindOf(files.append(folder / name, "x")) == ErrorKind::InvalidInput);
    }
    CHECK(kindOf(files.read("/dev/zero")) == ErrorKind::InvalidInput);
    CHECK(files.read(folder / "link").error().message.find("symbolic link") != std::string::npos);
    CHECK(toolOutput(target) == "precious");
    CHECK_FALSE(fs::exists(folder / "nowhere"));
    CHECK(files.list(folder.path())->size() == 5); // and no temporary file
}

TEST_CASE("inspect tells a link from what it points to")
{
    const TemporaryFolder folder;
    const PosixFileSystem files;
    const auto target = folder.write("target", "12345", 0640);
    REQUIRE(::symlink(target.c_str(), (folder / "link").c_str()) == 0);
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    const auto facts = *files.inspect(target);
    CHECK(facts.type == FileFacts::Type::Regular);
    CHECK(facts.mode == 0640);
    CHECK(facts.size == 5);
    CHECK(facts.changedNanoseconds > 1'600'000'000'000'000'000);
    CHECK(files.inspect(folder / "link")->type == FileFacts::Type::Link);
    CHECK(files.inspect(folder / "fifo")->type == FileFacts::Type::Other);
    CHECK(files.inspect(folder.path())->type == FileFacts::Type::Folder);
    CHECK(files.inspect("/")->type == FileFacts::Type::Folder);
    CHECK(kindOf(files.inspect(folder / "none")) == ErrorKind::NotFound);
}

TEST_CASE(
    "with links refused, no call goes through a linked folder, and with links followed all do")
{
    const TemporaryFolder folder;
    REQUIRE(::mkdir((folder / "real").c_str(), 0700) == 0);
    folder.write("real/a", "content");
    REQUIRE(::symlink("real", (folder / "way").c_str()) == 0);

    const std::vector<std::function<Status(PosixFileSystem&)>> calls = {
        [&](auto& files) { return files.append(folder / "way/a", "x"); },
        [&](auto& files) { return files.replace(folder / "way/a", "x"); },
        [&](auto& files) { return files.link(folder / "way/a", folder / "linked"); },
        [&](auto& files) { return files.link(folder / "real/a", folder / "way/linked"); },
        [&](auto& files) { return files.rename(folder / "way/a", folder / "b"); },
        [&](auto& files) { return files.rename(folder / "b", folder / "way/a"); },
        [&](auto& files) { return files.makeFolder(folder / "way/new/deeper"); },
        [&](auto& files) { return files.truncate(folder / "way/a", 0); },
        [&](auto& files) { return files.remove(folder / "way/a"); },
    };
    PosixFileSystem strict(PosixFileSystem::Links::Refuse);
    for (const auto& call : calls) {
        const auto status = call(strict);
        if (!status && status.error().kind == ErrorKind::NotFound) continue; // "b" is made later
        CHECK(kindOf(status) == ErrorKind::InvalidInput);
    }
    CHECK(kindOf(strict.read(folder / "way/a")) == ErrorKind::InvalidInput);
    CHECK(kindOf(strict.readPart(folder / "way/a", 0, 1)) == ErrorKind::InvalidInput);
    CHECK(kindOf(strict.inspect(folder / "way/a")) == ErrorKind::InvalidInput);
    CHECK(kindOf(strict.list(folder / "way/.")) == ErrorKind::InvalidInput);
    CHECK(toolOutput(folder / "real/a") == "content");
    CHECK(strict.list(folder.path())->size() == 2);
    CHECK(*strict.list(folder / "real") == std::vector<std::string>{"a"});
    CHECK(*strict.read(folder / "real/a") == "content");

    PosixFileSystem lenient;
    CHECK(*lenient.read(folder / "way/a") == "content");
    for (const auto& call : calls)
        CHECK(call(lenient).ok());
    CHECK(kindOf(lenient.list(folder / "way")) == ErrorKind::InvalidInput); // the last component
}

TEST_CASE("append adds whole records and makes a private file when there is none")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    REQUIRE(files.append(folder / "log", "one\n"));
    CHECK(files.inspect(folder / "log")->mode == 0600);
    const auto inode = files.inspect(folder / "log")->inode;
    REQUIRE(files.append(folder / "log", "two\n"));
    CHECK(*files.read(folder / "log") == "one\ntwo\n");
    CHECK(files.inspect(folder / "log")->inode == inode);
    CHECK(kindOf(files.append(folder / "none/log", "x")) == ErrorKind::NotFound);
}

TEST_CASE("rename moves over what is there, and link refuses to")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    folder.write("a", "a");
    folder.write("b", "b");
    CHECK(kindOf(files.link(folder / "a", folder / "b")) == ErrorKind::Conflict);
    REQUIRE(files.rename(folder / "a", folder / "b"));
    CHECK(*files.read(folder / "b") == "a");
    CHECK(kindOf(files.rename(folder / "a", folder / "b")) == ErrorKind::NotFound);
    REQUIRE(files.link(folder / "b", folder / "c"));
    CHECK(files.inspect(folder / "b")->links == 2);
    CHECK(files.inspect(folder / "b")->inode == files.inspect(folder / "c")->inode);
    REQUIRE(files.replace(folder / "b", "new")); // the other name keeps the old content
    CHECK(*files.read(folder / "c") == "a");
}

TEST_CASE("remove takes a file, a link itself or an empty folder, and what is gone is done")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    const auto target = folder.write("target", "x");
    REQUIRE(::symlink(target.c_str(), (folder / "link").c_str()) == 0);
    CHECK(files.remove(folder / "link"));
    CHECK(fs::exists(target));
    CHECK(files.remove(target));
    CHECK(files.remove(target));
    CHECK(files.remove(folder / "none/deeper"));
    REQUIRE(files.makeFolder(folder / "full/inner"));
    CHECK(kindOf(files.remove(folder / "full")) == ErrorKind::InvalidInput);
    CHECK(files.remove(folder / "full/inner"));
    CHECK(files.remove(folder / "full/"));
    CHECK(files.list(folder.path())->empty());
}

TEST_CASE("folders are made with their parents and the mode asked for, and kept as they are")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    const mode_t before = ::umask(0077);
    REQUIRE(files.makeFolder(folder / "a/b/c", 0755));
    ::umask(before);
    for (const char* name : {"a", "a/b", "a/b/c"})
        CHECK(files.inspect(folder / name)->mode == 0755);
    REQUIRE(files.makeFolder(folder / "a/b/c/", 0700));
    CHECK(files.inspect(folder / "a/b/c")->mode == 0755);
    folder.write("file", "x");
    CHECK(kindOf(files.makeFolder(folder / "file")) == ErrorKind::InvalidInput);
    CHECK(kindOf(files.makeFolder(folder / "file/inner")) == ErrorKind::InvalidInput);
    REQUIRE(::symlink("a", (folder / "link").c_str()) == 0);
    CHECK(kindOf(files.makeFolder(folder / "link")) == ErrorKind::InvalidInput);
}

TEST_CASE("a list has names in byte order and says when there is no such folder")
{
    const TemporaryFolder folder;
    const PosixFileSystem files;
    for (const char* name : {"b", "a", "B", ".hidden", "\xff\n"})
        folder.write(name, "");
    CHECK(
        *files.list(folder.path()) == std::vector<std::string>{".hidden", "B", "a", "b", "\xff\n"});
    CHECK(kindOf(files.list(folder / "none")) == ErrorKind::NotFound);
    CHECK(kindOf(files.list(folder / "a")) == ErrorKind::InvalidInput);
}

TEST_CASE("paths that name nothing are refused")
{
    PosixFileSystem files;
    for (const auto& path : {std::string(), std::string("/tmp/.."), std::string(".."),
             std::string("/tmp/a\0b", 8), std::string("/tmp/") + std::string(300, 'x')}) {
        CAPTURE(path);
        CHECK(kindOf(files.read(path)) == ErrorKind::InvalidInput);
        CHECK(kindOf(files.replace(path, "x")) == ErrorKind::InvalidInput);
    }
}

TEST_CASE("a full disk fails the change, keeps the old content and leaves no temporary file")
{
    const TinyDisk disk;
    if (!disk.mounted()) {
        MESSAGE("skipped here: mounting a tiny disk needs root");
        return;
    }
    PosixFileSystem files;
    REQUIRE(files.replace(disk / "a", "old"));
    REQUIRE(files.append(disk / "log", "whole record\n"));

    const std::string tooMuch(100'000, 'x');
    const auto replaced = files.replace(disk / "a", tooMuch);
    CHECK(kindOf(replaced) == ErrorKind::Internal);
    CHECK(replaced.error().message.find("No space left on device") != std::string::npos);
    CHECK(*files.read(disk / "a") == "old");

    CHECK(kindOf(files.append(disk / "log", tooMuch)) == ErrorKind::Internal);
    CHECK(*files.read(disk / "log") == "whole record\n");

    CHECK(*files.list(disk.path()) == std::vector<std::string>{"a", "log"});
    REQUIRE(files.append(disk / "log", "next\n")); // space is there again
}

TEST_CASE("a read-only disk is told as such")
{
    const TinyDisk disk;
    if (!disk.mounted() || ::mount("", disk.path().c_str(), "", MS_REMOUNT | MS_RDONLY, "") != 0) {
        MESSAGE("skipped here: mounting a read-only disk needs root");
        return;
    }
    PosixFileSystem files;
    CHECK(kindOf(files.replace(disk / "a", "x")) == ErrorKind::PermissionDenied);
    CHECK(kindOf(files.append(disk / "a", "x")) == ErrorKind::PermissionDenied);
    CHECK(kindOf(files.makeFolder(disk / "a")) == ErrorKind::PermissionDenied);
}

TEST_CASE("what a crash in a replace leaves is recognised by its name, and nothing else is")
{
    CHECK(isTemporaryName(".new-0123456789abcdef0123456789abcdef.tmp"));
    for (const char* name : {"", ".new-.tmp", ".new-0123456789abcdef0123456789abcde.tmp",
             ".new-0123456789abcdef0123456789abcdeg.tmp", "0123456789abcdef0123456789abcdef",
             ".new-0123456789abcdef0123456789abcdef.tmpx", "web.pem", ".new-key.pem"}) {
        CAPTURE(name);
        CHECK_FALSE(isTemporaryName(name));
    }
}
