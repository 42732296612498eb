#include "shared/base/secret_file.h"

#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::test;

namespace {

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

std::string said(const Result<Secret>& secret)
{
    return secret ? std::string(secret->reveal()) : secret.error().message;
}

} // namespace

TEST_CASE("a secret is read from a file that is its owner's alone, whole or as one line")
{
    const TemporaryFolder folder;
    const auto file = folder.write("secret", "two\nlines\n", 0600);
    CHECK(said(readSecretFile(file, 10)) == "two\nlines\n");
    CHECK(contains(said(readSecretFile(file, 9)), "is over 9 bytes"));
    CHECK(contains(said(readSecretLine(file)), "more than one line"));
    CHECK(said(readSecretLine(folder.write("line", "one\r\n", 0400))) == "one");
    CHECK(contains(said(readSecretLine(folder.write("empty", "\n", 0600))), "is empty"));
    const auto longest = std::string(secretLineLimit, 'x');
    CHECK(said(readSecretLine(folder.write("long", longest + "\r\n", 0600))) == longest);
    CHECK(contains(said(readSecretLine(folder.write("longer", longest + "x", 0600))), "is over"));
    CHECK(readSecretFile(folder / "none", 10).error().kind == ErrorKind::NotFound);
}

TEST_CASE("what others may read, another's file, a link and a FIFO hold no secret")
{
    const TemporaryFolder folder;
    for (const mode_t mode : {0640U, 0604U, 0610U, 0602U}) {
        const auto read = readSecretFile(folder.write("open", "x", mode), 10);
        REQUIRE_FALSE(read.ok());
        CHECK(read.error().kind == ErrorKind::PermissionDenied);
        CHECK(contains(read.error().message, "open can be read by others: chmod 600 it"));
    }
    const auto file = folder.write("file", "x", 0600);
    REQUIRE(::chmod(folder.path().c_str(), 0770) == 0);
    const auto inOpen = readSecretFile(file, 10);
    REQUIRE_FALSE(inOpen.ok());
    CHECK(inOpen.error().kind == ErrorKind::PermissionDenied);
    CHECK(contains(inOpen.error().message, folder.path().string() + " is writable by its group"));
    REQUIRE(::chmod(folder.path().c_str(), 0700) == 0);
    std::filesystem::create_symlink(file, folder / "link");
    CHECK(contains(said(readSecretFile(folder / "link", 10)), "symbolic link"));
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    CHECK_FALSE(readSecretFile(folder / "fifo", 10).ok()); // and does not wait for a writer
    CHECK_FALSE(readSecretFile(folder.path(), 10).ok());
    if (::geteuid() != 0) {
        MESSAGE("skipped here: only root can give a file away");
        return;
    }
    REQUIRE(::chown(folder.path().c_str(), 65534, 0) == 0);
    CHECK(contains(said(readSecretFile(file, 10)), "is owned by user 65534, who could change it"));
    REQUIRE(::chown(folder.path().c_str(), 0, 0) == 0);
    REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
    const auto foreign = readSecretFile(file, 10);
    REQUIRE_FALSE(foreign.ok());
    CHECK(foreign.error().kind == ErrorKind::PermissionDenied);
    CHECK(contains(foreign.error().message, "is owned by user 65534"));
}
