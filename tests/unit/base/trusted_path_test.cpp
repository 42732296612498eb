#include "shared/base/trusted_path.h"

#include "shared/base/accounts.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace perennial;
using perennial::test::TemporaryFolder;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

std::string said(const Status& status) { return status ? "trusted" : status.error().message; }

} // namespace

TEST_CASE("a path is spelt in one way only")
{
    for (const char* path : {"/etc/nginx/tls/web.pem", "/a", "/etc/with space/\xC3\xA4.pem"})
        CHECK(checkSpelling(path));
    for (const std::string path : {"", "etc/web.pem", "./web.pem", "/", "/etc/", "/etc//web.pem",
             "/etc/./web.pem", "/etc/../web.pem", "/..", "/etc/web.pem/", "/etc/web\n.pem",
             "/etc/\x7f.pem", "/etc/\xff.pem", "//etc/web.pem"}) {
        CAPTURE(path);
        CHECK_FALSE(checkSpelling(path));
    }
    CHECK_FALSE(checkSpelling(std::string("/etc/\0x", 7)));
    CHECK_FALSE(checkSpelling("/" + std::string(1024, 'a')));
}

TEST_CASE("a file is trusted when nobody else can change it or where its path leads")
{
    const TemporaryFolder folder;
    const auto file = folder.write("file", "text", 0644);
    CHECK(said(checkFile(file)) == "trusted");
    CHECK(*readTrustedFile(file) == "text");
    CHECK_FALSE(readTrustedFile(file, 3));
    for (const mode_t mode : {0664U, 0646U, 0622U}) {
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        CHECK(contains(said(checkFile(file)), file + " is writable by its group or by others"));
        CHECK_FALSE(readTrustedFile(file));
    }
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    for (const mode_t mode : {0770U, 0707U}) {
        REQUIRE(::chmod(folder.path().c_str(), mode) == 0);
        CHECK(
            contains(said(checkFile(file)), folder.path().string() + " is writable by its group"));
    }
    REQUIRE(::chmod(folder.path().c_str(), 01777) == 0); // sticky: others can add, not replace
    CHECK(said(checkFile(file)) == "trusted");
    // Sticky means nothing on a file.
    REQUIRE(::chmod(file.c_str(), 01666) == 0);
    CHECK(contains(said(checkFile(file)), "is writable by its group"));
    CHECK(contains(said(checkFile(folder / "none")), "No such file"));
    CHECK(contains(said(checkFile(folder.path())), "is not a regular file"));
}

TEST_CASE("a path through a symbolic link is not trusted")
{
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "real");
    const auto file = folder.write("real/file", "text", 0644);
    std::filesystem::create_directory_symlink(folder / "real", folder / "link");
    std::filesystem::create_symlink(file, folder / "file");
    CHECK(said(checkFile(file)) == "trusted");
    CHECK(contains(said(checkFile(folder / "link/file")), folder / "link is a symbolic link"));
    CHECK(contains(said(checkFile(folder / "file")), "is not a regular file"));
    CHECK(contains(said(checkFolders(file + "/beyond")), file + " is not a folder"));
}

TEST_CASE("what another user owns is not trusted")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: giving files to another owner needs root");
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.write("file", "text", 0644);
    REQUIRE(::chown(file.c_str(), 4242, 0) == 0);
    CHECK(contains(said(checkFile(file)), file + " is owned by user 4242"));
    REQUIRE(::chown(file.c_str(), 0, 4242) == 0); // a group without rights is harmless
    CHECK(said(checkFile(file)) == "trusted");
    REQUIRE(::chown(folder.path().c_str(), 4242, 0) == 0);
    CHECK(contains(said(checkFile(file)), folder.path().string() + " is owned by user 4242"));
}

TEST_CASE("a way goes through links and folders that nobody else can change")
{
    const TemporaryFolder folder;
    for (const char* name : {"real", "real/deep", "open"})
        std::filesystem::create_directory(folder / name);
    const auto file = folder.write("real/deep/file", "text");
    std::filesystem::create_directory_symlink(folder / "real", folder / "link");
    std::filesystem::create_directory_symlink("../real/./deep", folder / "open/up");
    std::filesystem::create_symlink("link/deep/file", folder / "file");
    std::filesystem::create_symlink("loop", folder / "loop");
    const std::vector<std::string> ways = {file, folder / "link/deep/file", folder / "file",
        folder / "open/up/file", folder / "open/../link//deep/./file"};
    for (const auto& way : ways) {
        CAPTURE(way);
        CHECK(said(checkWay(way)) == "trusted");
    }
    CHECK(said(checkWay(folder / "real/none")) == "trusted"); // the reader says it
    CHECK(contains(said(checkWay(folder / "none/file")), "No such file"));
    CHECK(contains(said(checkWay(file + "/beyond")), "is not a folder"));
    CHECK(contains(said(checkWay(folder / "loop/file")), "too many symbolic links"));
    CHECK(contains(said(checkWay(folder / "loop")), "too many symbolic links"));

    // Wherever the folder is met, by its name or behind a link.
    for (const mode_t mode : {0770U, 0707U, 0722U}) {
        REQUIRE(::chmod((folder / "real").c_str(), mode) == 0);
        for (const auto& way : ways) {
            CAPTURE(way);
            CHECK(contains(said(checkWay(way)), folder / "real is writable by its group"));
        }
    }
    REQUIRE(::chmod((folder / "real").c_str(), 01777) == 0); // sticky: nobody replaces what is ours
    for (const auto& way : ways)
        CHECK(said(checkWay(way)) == "trusted");
    // A folder that only holds a link counts too: who writes there replaces the link.
    REQUIRE(::chmod((folder / "open").c_str(), 0777) == 0);
    CHECK(contains(said(checkWay(folder / "open/up/file")), folder / "open is writable"));
    CHECK(contains(said(checkWay(folder / "open/../file")), folder / "open is writable"));

    if (::geteuid() != 0) {
        MESSAGE("skipped here: giving files to another owner needs root");
        return;
    }
    REQUIRE(::lchown((folder / "link").c_str(), 4242, 0) == 0);
    CHECK(contains(said(checkWay(folder / "link/deep/file")), "is a symbolic link of user 4242"));
    CHECK(contains(said(checkWay(folder / "file")), "is a symbolic link of user 4242"));
    REQUIRE(::chown((folder / "real/deep").c_str(), 4242, 0) == 0);
    CHECK(contains(said(checkWay(file)), "deep is owned by user 4242"));
}

TEST_CASE("accounts are found by name or by number")
{
    CHECK(*findUser("root") == 0);
    CHECK(*findUser("4242") == 4242);
    CHECK(*findGroup("root") == 0);
    CHECK(*findGroup("0") == 0);
    for (const char* name :
        {"no-such-account", "", "-1", "4294967295", "4294967296", "0x0", " 0", "0 "}) {
        CAPTURE(name);
        CHECK(findUser(name).error().kind == ErrorKind::NotFound);
        CHECK(findGroup(name).error().kind == ErrorKind::NotFound);
    }
}

TEST_CASE("a file that must be root's is nobody else's, not even the process's own")
{
    if (::geteuid() != 0) {
        const TemporaryFolder folder;
        const auto file = folder.write("file", "text", 0644);
        CHECK(readTrustedFile(file).ok());
        CHECK_FALSE(readRootFile(file));
        return;
    }
    const TemporaryFolder folder;
    REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
    const auto file = folder.write("file", "text", 0644);
    CHECK(*readRootFile(file) == "text");
    constexpr uid_t nobody = 65534;
    REQUIRE(::chown(file.c_str(), nobody, 0) == 0);
    REQUIRE(::seteuid(nobody) == 0);
    const bool trusted = readTrustedFile(file).ok();
    const auto refused = readRootFile(file);
    REQUIRE(::seteuid(0) == 0);
    CHECK(trusted);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::PermissionDenied);
    // Nor may it lie in a folder of the process's own.
    REQUIRE(::chown(file.c_str(), 0, 0) == 0);
    REQUIRE(::chown(folder.path().c_str(), nobody, 0) == 0);
    REQUIRE(::seteuid(nobody) == 0);
    const bool inOwnFolder = readRootFile(file).ok();
    REQUIRE(::seteuid(0) == 0);
    CHECK_FALSE(inOwnFolder);
}
