#include "tests/support/installer_host.h"

#include <csignal>
#include <doctest/doctest.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::ChildProcess;
using perennial::test::InstallerHost;

namespace {

// The folder as bindfs shows it to itself, by FUSE, as long as this lives.
class FuseMount {
public:
    explicit FuseMount(std::string folder)
        : folder_(std::move(folder)), bindfs_({"/usr/bin/bindfs", "-f", folder_, folder_})
    {
        for (int i = 0; i < 300 && !isMounted(); ++i) {
            if (!bindfs_.running()) break;
            ::usleep(100'000);
        }
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

TEST_CASE(
    "where a rename may be lost, on FUSE, SMB or NFS, preflight says so, and the pair is whole")
{
    InstallerHost host;
    const auto told = [&] {
        const auto answer = host.ask("preflight", {{"size", "8000"}});
        CHECK(answer.verb == "done");
        return answer.field("note");
    };
    CHECK(told().empty());
    if (::geteuid() != 0) {
        MESSAGE("skipped here: mounting needs root");
        return;
    }
    FuseMount mount(host.folder / "tls");
    if (!mount.isMounted()) {
        MESSAGE("skipped here: FUSE cannot be mounted: " << mount.said());
        return;
    }
    CHECK(told() == "on a network file system: a crash there may lose a rename");
    // It works there all the same.
    REQUIRE(host.makeKey().verb == "done");
    CHECK(host.place(host.issue()).verb == "done");
    CHECK(host.pairMatches());
    CHECK(host.modeOf(host.key) == 0600);
}
