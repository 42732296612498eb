// systemd itself is asked which files a unit has, and in which order they are read.

#include "plugins/systemd_discovery/unit_files.h"
#include "shared/base/file_system.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <random>
#include <sstream>

using namespace perennial;
using namespace perennial::test;
using namespace perennial::plugins::systemd;

namespace fs = std::filesystem;

namespace {

const std::vector<std::string> folders = {"etc", "run", "usr/local/lib", "usr/lib"};

std::string folderOf(const TemporaryFolder& root, const std::string& name)
{
    return root / (name + "/systemd/system");
}

// The files that systemd-analyze shows, in its order: "# /root/etc/systemd/system/web.service".
std::string theirs(const TemporaryFolder& root, const std::string& unit)
{
    const auto said = runTool({"/usr/bin/systemd-analyze", "--root=" + root.path().string(),
                                  "cat-config", "systemd/system/" + unit})
                          .output;
    std::string files;
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) {
        // It shows a mask as an empty file.
        if (line.starts_with("# /") && !fs::is_symlink(line.substr(2)))
            files += line.substr(2) + "\n";
    }
    return files;
}

} // namespace

TEST_CASE("folders filled at random: a unit's file and its drop-ins are those of systemd")
{
    std::mt19937 dice(20261130);
    std::size_t compared = 0;
    for (int round = 0; round < 40; ++round) {
        const TemporaryFolder root;
        for (const auto& folder : folders) {
            const auto path = folderOf(root, folder);
            fs::create_directories(path + "/web.service.d");
            const auto in = folder + "/systemd/system/";
            if (dice() % 2 == 0) root.write(in + "web.service", "[Service]\n");
            for (const std::string name : {"10-a.conf", "9-b.conf", "b.conf", "c.txt", ".d.conf"}) {
                const auto choice = dice() % 5;
                if (choice < 2) root.write(in + "web.service.d/" + name, "[Service]\n");
                if (choice == 2) fs::create_symlink("/dev/null", path + "/web.service.d/" + name);
            }
        }
        const PosixFileSystem disk;
        std::vector<std::string> read;
        service_config::ConfigFiles files(disk, {}, read);
        std::vector<std::string> paths;
        for (const auto& folder : folders)
            paths.push_back(folderOf(root, folder));
        const UnitFiles units(files, paths);
        if (units.units().empty()) continue;
        REQUIRE(units.units().size() == 1);
        std::string ours;
        for (const auto& file : units.filesOf(units.units()[0]))
            ours += file + "\n";
        CHECK(ours == theirs(root, "web.service"));
        ++compared;
    }
    CHECK(compared > 20);
}
