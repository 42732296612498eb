#include "agent/scanner/key_check.h"

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace perennial;
using namespace perennial::test;

namespace {

// The folder as bindfs shows it to itself, by FUSE, as long as this lives.
class FuseMount {
public:
    explicit FuseMount(std::string folder)
        : folder_(std::move(folder)), bindfs_({"/usr/bin/bindfs", "-f", folder_, folder_})
    {
        // It has something to tell whenever the mounts have changed.
        const FileDescriptor mounts(::open("/proc/self/mounts", O_RDONLY | O_CLOEXEC));
        pollfd change{mounts.get(), POLLPRI, 0};
        while (!isMounted() && bindfs_.running() && ::poll(&change, 1, 20'000) > 0) {}
    }
    ~FuseMount() { (void)::umount2(folder_.c_str(), MNT_DETACH); }
    FuseMount(const FuseMount&) = delete;
    FuseMount& operator=(const FuseMount&) = delete;

    bool isMounted() const
    {
        return test::readText("/proc/self/mounts").find(" " + folder_ + " fuse") !=
               std::string::npos;
    }
    std::string said() { return bindfs_.output(); }

private:
    std::string folder_;
    ChildProcess bindfs_;
};

} // namespace

TEST_CASE("where a rename may be lost, on FUSE, SMB or NFS, a place says so")
{
    TemporaryFolder folder;
    REQUIRE(PosixFileSystem().makeFolder(folder / "tls", 0755));
    const auto key = folder.write("tls/web.key", "", 0600);
    CHECK(scanner::checkKeyFile(PosixFileSystem(), key).empty());
    if (::geteuid() != 0) {
        MESSAGE("skipped here: mounting needs root");
        return;
    }
    FuseMount mount(folder / "tls");
    if (!mount.isMounted()) {
        MESSAGE("skipped here: FUSE cannot be mounted: " << mount.said());
        return;
    }
    CHECK(scanner::checkKeyFile(PosixFileSystem(), key) ==
          std::vector<std::string>{
              "key file is on a network file system: a crash there may lose a rename"});
}
