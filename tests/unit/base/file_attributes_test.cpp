// Access control lists and labels: of the file that is followed, and there before any content.

#include "shared/base/file_attributes.h"

#include "tests/support/temporary_folder.h"

#include <cerrno>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::TemporaryFolder;

namespace {

constexpr const char* accessList = "system.posix_acl_access";
constexpr const char* defaultList = "system.posix_acl_default";
constexpr const char* label = "security.selinux";

// As acl(5) and the kernel's posix_acl_xattr.h have it: version 2, then tag, rights, id.
std::string listFor(uid_t user, unsigned rights, unsigned mask)
{
    std::string list;
    const auto add = [&list](std::uint64_t value, int bytes) {
        for (int at = 0; at < bytes; ++at)
            list += static_cast<char>((value >> (8 * at)) & 0xFFU);
    };
    add(2, 4);
    const auto entry = [&](unsigned tag, unsigned may, std::uint32_t id) {
        add(tag, 2);
        add(may, 2);
        add(id, 4);
    };
    constexpr std::uint32_t nobody = 0xFFFFFFFFU;
    entry(0x01, 6, nobody);    // owner
    entry(0x02, rights, user); // a named user
    entry(0x04, 0, nobody);    // group
    entry(0x10, mask, nobody); // mask
    entry(0x20, 0, nobody);    // others
    return list;
}

std::string attributeOf(const std::string& path, const char* name)
{
    std::string value(4096, '\0');
    const auto size = ::getxattr(path.c_str(), name, value.data(), value.size());
    value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return value;
}

bool give(const std::string& path, const char* name, const std::string& value)
{
    return ::setxattr(path.c_str(), name, value.data(), value.size(), 0) == 0;
}

mode_t modeOf(const std::string& path)
{
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 07777U;
}

constexpr uid_t reader = 12345;

} // namespace

TEST_CASE("a new file has the access control list of the one it follows, as far as its mode allows")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    const auto old = folder.write("old", "x", 0600);
    if (!give(old, accessList, listFor(reader, 4, 4))) {
        MESSAGE("skipped here: no access control lists");
        return;
    }
    CHECK(modeOf(old) == 0640); // the mask
    const auto fresh = folder / "new";
    REQUIRE(files.replace(fresh, "y", {.mode = 0640, .likeFile = old}));
    CHECK(attributeOf(fresh, accessList) == attributeOf(old, accessList));
    CHECK(modeOf(fresh) == 0640);
    // A mode that lets in nobody but the owner shuts the named user out too.
    REQUIRE(files.replace(fresh, "y", {.mode = 0600, .likeFile = old}));
    CHECK(attributeOf(fresh, accessList) == listFor(reader, 4, 0));
    REQUIRE(files.replace(fresh, "y", {.mode = 0640}));
    CHECK(attributeOf(fresh, accessList).empty());
}

TEST_CASE("a folder's default list gives nobody access whom the old file did not")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    const auto old = folder.write("old", "x", 0640);
    if (!give(folder.path(), defaultList, listFor(reader, 6, 6))) {
        MESSAGE("skipped here: no access control lists");
        return;
    }
    REQUIRE(files.replace(folder / "new", "y", {.mode = 0640, .likeFile = old}));
    CHECK(attributeOf(folder / "new", accessList).empty());
}

TEST_CASE("a folder takes its attributes the same way")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    REQUIRE(files.makeFolder(folder / "old", 0750));
    REQUIRE(files.makeFolder(folder / "new", 0700));
    const bool lists = give(folder / "old", accessList, listFor(reader, 5, 5));
    REQUIRE(files.setAttributes(
        folder / "new", {.mode = modeOf(folder / "old"), .likeFile = folder / "old"}));
    CHECK(modeOf(folder / "new") == modeOf(folder / "old"));
    if (lists)
        CHECK(attributeOf(folder / "new", accessList) == attributeOf(folder / "old", accessList));
    CHECK_FALSE(files.setAttributes(folder.write("file", ""), {}));
}

TEST_CASE("the SELinux label is that of the file it follows")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    const auto old = folder.write("old", "x", 0600);
    const std::string text("system_u:object_r:cert_t:s0\0", 28);
    if (!give(old, label, text)) {
        MESSAGE("skipped here: no right to set a label");
        return;
    }
    REQUIRE(files.replace(folder / "new", "y", {.mode = 0600, .likeFile = old}));
    CHECK(attributeOf(folder / "new", label) == text);
    CHECK(attributeOf(folder.write("plain", ""), label).empty());
}

TEST_CASE("links are made and read, never followed; a file in memory cannot be changed")
{
    const TemporaryFolder folder;
    PosixFileSystem files(PosixFileSystem::Links::Refuse);
    REQUIRE(files.makeFolder(folder / "v1"));
    REQUIRE(files.makeLink("v1", folder / "live"));
    CHECK(files.readLink(folder / "live").value() == "v1");
    CHECK(files.makeLink("v2", folder / "live").error().kind == ErrorKind::Conflict);
    CHECK(files.readLink(folder / "v1").error().kind == ErrorKind::InvalidInput);
    CHECK(files.readLink(folder / "none").error().kind == ErrorKind::NotFound);
    CHECK(files.setAttributes(folder / "live", {}).error().kind == ErrorKind::InvalidInput);
    CHECK_FALSE(files.makeLink("x", folder / "live/link"));
    REQUIRE(files.makeLink("v2", folder / "next"));
    REQUIRE(files.rename(folder / "next", folder / "live"));
    CHECK(files.readLink(folder / "live").value() == "v2");

    const auto held = openInMemory("secret");
    REQUIRE(held);
    std::string read(7, ' ');
    CHECK(::pread(held->get(), read.data(), read.size(), 0) == 6);
    CHECK(read == "secret ");
    CHECK(::pwrite(held->get(), "x", 1, 0) == -1);
    CHECK(::ftruncate(held->get(), 0) == -1);
}
