#include "shared/base/trusted_path.h"

#include "shared/base/accounts.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

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
