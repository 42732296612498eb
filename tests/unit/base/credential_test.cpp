// A password where an administrator left it: in a file, in systemd's folder of credentials, in the
// kernel's keyring as keyctl(1) puts it there.

#include "shared/base/credential.h"

#include "shared/base/random.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::test;
using Kind = CredentialSource::Kind;

namespace {

constexpr const char* keyctl = "/usr/bin/keyctl";

std::string textOf(const Result<Secret>& secret)
{
    return secret ? std::string(secret->reveal()) : nameOf(secret.error().kind).data();
}

// A key of this process's user, made by a foreign hand, gone with the test.
struct KernelKey {
    explicit KernelKey(const std::string& payload)
    {
        const auto made = runTool({keyctl, "padd", "user", name, "@u"}, payload);
        usable = made.status == 0;
        if (usable)
            id = made.output.substr(0, made.output.find('\n'));
        else
            MESSAGE("skipped here: the kernel gives no keyring: " << made.output);
    }
    ~KernelKey()
    {
        if (usable) (void)runTool({keyctl, "unlink", id, "@u"});
    }
    KernelKey(const KernelKey&) = delete;
    KernelKey& operator=(const KernelKey&) = delete;
    Result<Secret> read() const { return readCredential({Kind::Keyring, name}, ""); }

    std::string name = "perennial-test:" + uuidV4();
    std::string id;
    bool usable = false;
};

} // namespace

TEST_CASE("one line of a file that only its owner may read")
{
    const TemporaryFolder folder;
    const auto read = [&](const std::string& text, mode_t mode = 0600) {
        return textOf(readCredential({Kind::File, folder.write("password", text, mode)}, ""));
    };
    CHECK(read("correct horse") == "correct horse");
    CHECK(read("correct horse\n") == "correct horse");
    CHECK(read("correct horse\r\n", 0400) == "correct horse");
    CHECK(read(" spaces stay ") == " spaces stay ");
    CHECK(read(std::string(4096, 'x') + "\n").size() == 4096);
    for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0611U})
        CHECK(read("correct horse", mode) == "permission-denied");
    for (const auto& text : {std::string(), std::string("\n"), std::string("two\nlines\n"),
             std::string("nul\0", 4), std::string(4097, 'x'), std::string(1U << 20U, 'x')})
        CHECK(read(text) == "invalid-input");
    CHECK(textOf(readCredential({Kind::File, folder / "nothing"}, "")) == "not-found");
    REQUIRE(::symlink((folder / "password").c_str(), (folder / "link").c_str()) == 0);
    CHECK_FALSE(readCredential({Kind::File, folder / "link"}, "").ok());
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_FALSE(readCredential({Kind::File, folder / "pipe"}, "").ok());
    CHECK_FALSE(readCredential({Kind::File, folder.path().string()}, "").ok());
}

TEST_CASE("a file of another user is refused, root's is not")
{
    if (::geteuid() != 0) {
        MESSAGE("skipped here: giving files to another owner needs root");
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.write("password", "correct horse", 0600);
    REQUIRE(::chown(file.c_str(), 65534, 65534) == 0);
    CHECK(textOf(readCredential({Kind::File, file}, "")) == "permission-denied");
    CHECK(
        textOf(readCredential({Kind::Service, "password"}, folder.path())) == "permission-denied");
}

TEST_CASE("a systemd credential is a file of the folder, and nothing outside of it")
{
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "credentials");
    (void)folder.write("outside", "no", 0600);
    (void)folder.write("credentials/enroller", "correct horse\n", 0400);
    const auto read = [&](const std::string& name) {
        return textOf(readCredential({Kind::Service, name}, folder / "credentials"));
    };
    CHECK(read("enroller") == "correct horse");
    for (const auto& name : {std::string("../outside"), folder / "outside", std::string(".."),
             std::string("."), std::string(), std::string(256, 'x')})
        CHECK(read(name) == "invalid-input");
    CHECK(read("other") == "not-found");
    CHECK(textOf(readCredential({Kind::Service, "enroller"}, "")) == "not-found");
    (void)folder.write("credentials/open", "correct horse", 0444);
    CHECK(read("open") == "permission-denied");
    (void)folder.write("credentials/writable", "correct horse", 0460);
    CHECK(read("writable") == "permission-denied");
    // As systemd shows a right by access list, and then the file is root's.
    (void)folder.write("credentials/listed", "correct horse", 0440);
    CHECK(read("listed") == (::geteuid() == 0 ? "correct horse" : "permission-denied"));
    CHECK(textOf(readCredential({Kind::File, folder / "credentials/listed"}, "")) ==
          "permission-denied");
}

TEST_CASE("a key that keyctl put into the user's keyring")
{
    const KernelKey key("correct horse\n");
    if (!key.usable) return;
    CHECK(textOf(key.read()) == "correct horse");
    CHECK(textOf(readCredential({Kind::Keyring, key.name + "x"}, "")) == "not-found");
    CHECK(textOf(readCredential({Kind::Keyring, ""}, "")) == "invalid-input");
    CHECK(textOf(readCredential({Kind::Keyring, std::string("a\0b", 3)}, "")) == "invalid-input");
    const KernelKey large(std::string(5000, 'x'));
    CHECK(textOf(large.read()) == "invalid-input");
    // Revoked, it is as good as gone.
    (void)mustRun({keyctl, "revoke", key.id});
    CHECK_FALSE(key.read().ok());
}

TEST_CASE("a kernel key that others have rights to, or that is another user's, is refused")
{
    for (const std::string rights : {"0x3f010002", "0x3f010200", "0x3f010004", "0x3f013f00"}) {
        CAPTURE(rights);
        const KernelKey key("correct horse");
        if (!key.usable) return;
        (void)mustRun({keyctl, "setperm", key.id, "0x3f010100"});
        CHECK(textOf(key.read()) == "correct horse"); // to see is not to read
        (void)mustRun({keyctl, "setperm", key.id, rights});
        CHECK(textOf(key.read()) == "permission-denied");
    }
    const KernelKey given("correct horse");
    if (!given.usable) return;
    if (::geteuid() != 0) {
        MESSAGE("skipped here: giving keys to another owner needs root");
        return;
    }
    (void)mustRun({keyctl, "chown", given.id, "65534"});
    CHECK(textOf(given.read()) == "permission-denied");
}
