#include "shared/base/file_system.h"
#include "tests/support/temporary_folder.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::test;

namespace {

// As systemd's RestrictSUIDSGID= does: openat2 is not there.
bool takeOpenat2Away()
{
    std::array<sock_filter, 4> program = {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{program.size(), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

int statusWithout(const std::function<int()>& body)
{
    const pid_t child = ::fork();
    if (child == 0) ::_exit(takeOpenat2Away() ? body() : 99);
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

TEST_CASE("where a sandbox has no openat2, links are refused all the same")
{
    const TemporaryFolder folder;
    REQUIRE(::mkdir((folder / "real").c_str(), 0700) == 0);
    folder.write("real/a", "content");
    REQUIRE(::symlink("real", (folder / "way").c_str()) == 0);
    CHECK(statusWithout([&] {
        if (::syscall(SYS_openat2, AT_FDCWD, "/", nullptr, 0) == 0 || errno != ENOSYS) return 98;
        const PosixFileSystem strict(PosixFileSystem::Links::Refuse);
        const auto read = strict.read(folder / "real/a");
        if (!read || *read != "content") return 1;
        const auto through = strict.read(folder / "way/a");
        if (through || through.error().kind != ErrorKind::InvalidInput) return 2;
        if (through.error().message.find("symbolic link") == std::string::npos) return 3;
        const auto absent = strict.read(folder / "none/a");
        if (absent || absent.error().kind != ErrorKind::NotFound) return 4;
        const auto noFolder = strict.read(folder / "real/a/b");
        if (noFolder || noFolder.error().message.find("symbolic link") != std::string::npos) return 5;
        const PosixFileSystem lenient;
        const auto followed = lenient.read(folder / "way/a");
        return followed && *followed == "content" ? 0 : 6;
    }) == 0);
}

TEST_CASE("where a sandbox has no openat2, a path may begin at the working folder")
{
    const TemporaryFolder folder;
    REQUIRE(::mkdir((folder / "real").c_str(), 0700) == 0);
    folder.write("real/a", "content");
    CHECK(statusWithout([&] {
        if (::chdir(folder.path().c_str()) != 0) return 97;
        const PosixFileSystem strict(PosixFileSystem::Links::Refuse);
        if (auto read = strict.read("real/a"); !read || *read != "content") return 1;
        if (auto read = strict.read("real/../real/a"); !read) return 2;
        return strict.list(".") ? 0 : 3;
    }) == 0);
}
