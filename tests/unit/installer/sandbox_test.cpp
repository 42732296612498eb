// The unit files, in the eyes of systemd's own tool.

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <unistd.h>

using perennial::test::readText;
using perennial::test::runTool;

namespace {

using Names = std::set<std::string>;

// systemd's groups of system calls: "@chown" and then its members, indented.
std::map<std::string, Names> systemCallGroups()
{
    std::map<std::string, Names> groups;
    std::istringstream lines(
        perennial::test::mustRun({"/usr/bin/systemd-analyze", "syscall-filter", "--no-pager"}));
    std::string group;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("@")) group = line;
        const auto name = line.substr(std::min(line.size(), line.find_first_not_of(' ')));
        if (line.starts_with("    ") && !name.starts_with("#")) groups[group].insert(name);
    }
    return groups;
}

Names expanded(const std::map<std::string, Names>& groups, const std::string& name)
{
    if (!name.starts_with("@")) return {name};
    Names all;
    for (const auto& member : groups.at(name))
        all.merge(expanded(groups, member));
    return all;
}

// What the SystemCallFilter= lines of the unit leave, in their order.
Names allowedBy(const std::string& unit)
{
    const auto groups = systemCallGroups();
    Names allowed = expanded(groups, "@default"); // always
    std::istringstream lines(readText(unit));
    for (std::string line; std::getline(lines, line);) {
        const std::string key = "SystemCallFilter=";
        if (!line.starts_with(key)) continue;
        const bool denies = line[key.size()] == '~';
        std::istringstream words(line.substr(key.size() + (denies ? 1 : 0)));
        for (std::string word; words >> word;) {
            for (const auto& name : expanded(groups, word)) {
                if (denies)
                    allowed.erase(name);
                else
                    allowed.insert(name);
            }
        }
    }
    allowed.merge(expanded(groups, "@default"));
    return allowed;
}

} // namespace

TEST_CASE("a renewal and an action make no system call that the unit's filter stops")
{
    if (::access("/usr/bin/systemd-analyze", X_OK) != 0 || ::access("/usr/bin/strace", X_OK) != 0) {
        MESSAGE("skipped here: it needs systemd-analyze and strace");
        return;
    }
    const perennial::test::TemporaryFolder folder;
    const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    const auto run =
        runTool({"/usr/bin/env", "ASAN_OPTIONS=detect_leaks=0", "/usr/bin/strace", "-f", "-o",
                    folder / "trace", self,
                    "--test-case=a whole renewal over the socket*,act does what the guard names*"},
            "", 100);
    if (run.status != 0) {
        MESSAGE("skipped here: strace cannot trace: " << run.output);
        return;
    }
    const auto allowed = allowedBy(
        std::string(PERENNIAL_SOURCE_DIR) + "/deploy/systemd/perennial-installer.service");
    CHECK(allowed.count("mount") == 0);
    CHECK(allowed.count("setuid") == 0);
    const std::regex call(R"(^\d+ +(\w+)\()");
    std::istringstream lines(readText(folder / "trace"));
    Names used;
    for (std::string line; std::getline(lines, line);) {
        std::smatch match;
        if (std::regex_search(line, match, call)) used.insert(match[1]);
    }
    CHECK(used.count("renameat") == 1);
    CHECK(used.count("capset") == 1);
    for (const auto& name : used)
        CHECK_MESSAGE(allowed.count(name) == 1, name);
}
