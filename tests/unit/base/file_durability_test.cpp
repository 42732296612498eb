// Looks at the system calls themselves with strace: what a power cut would find can be seen in no
// other way from outside. Each test here starts its own program again as the worker.

#include "shared/base/file_system.h"
#include "shared/base/process.h"
#include "tests/support/temporary_folder.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <functional>
#include <optional>
#include <unistd.h>

using namespace perennial;
using perennial::test::TemporaryFolder;

namespace {

constexpr const char* workerFolder = "PERENNIAL_TEST_WORKER_FOLDER";
constexpr int workerFailed = 9;

// The worker's part: one change, and an exit status that says how it went.
void workIfWorker(const std::function<Status(FileSystem&, const std::filesystem::path&)>& work)
{
    const char* folder = std::getenv(workerFolder);
    if (folder == nullptr) return;
    PosixFileSystem files;
    ::_exit(work(files, folder) ? 0 : workerFailed);
}

struct Traced {
    int status;
    std::vector<std::string> calls; // one system call each, as strace writes them
};

// Nothing where strace may not trace.
std::optional<Traced> trace(
    const TemporaryFolder& folder, const std::string& testCase, const std::string& injection)
{
    const TemporaryFolder outside;
    Command command;
    command.program = "/usr/bin/strace";
    command.arguments = {"-o", outside / "calls", "-e",
        "trace=openat,fchown,fchmod,write,fsync,ftruncate,renameat,renameat2,unlinkat"};
    if (!injection.empty()) command.arguments.insert(command.arguments.end(), {"-e", injection});
    const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    command.arguments.insert(command.arguments.end(), {self, "--no-intro", "-tc=" + testCase});
    command.environment = {
        {workerFolder, folder.path().string()}, {"ASAN_OPTIONS", "detect_leaks=0"}};
    const auto done = run(command);
    REQUIRE_MESSAGE(done.ok(), (done ? "" : done.error().message));
    if (done->status != 0 && done->status != workerFailed) {
        MESSAGE("skipped here: strace cannot trace: " << done->errorOutput);
        return std::nullopt;
    }
    Traced traced{done->status, {}};
    std::ifstream calls(outside / "calls");
    for (std::string line; std::getline(calls, line);)
        traced.calls.push_back(line);
    return traced;
}

// Where the next call that holds all the texts is, after `start`; its number fails the test when
// there is none.
std::size_t next(const Traced& traced, std::size_t start, const std::vector<std::string>& texts)
{
    for (std::size_t i = start; i < traced.calls.size(); ++i) {
        bool all = true;
        for (const auto& text : texts)
            all = all && traced.calls[i].find(text) != std::string::npos;
        if (all) return i + 1;
    }
    FAIL_CHECK("no call with " << texts.front() << " in its place");
    return traced.calls.size();
}

Status replaceA(FileSystem& files, const std::filesystem::path& folder)
{
    return files.replace(
        folder / "a", "new content", {.mode = 0640, .owner = ::geteuid(), .group = ::getegid()});
}

} // namespace

TEST_CASE("replace sets owner and mode, writes, syncs, renames and syncs the folder, in this order")
{
    workIfWorker(replaceA);
    const TemporaryFolder folder;
    const auto traced = trace(folder, "replace sets owner*", "");
    if (!traced) return;
    CHECK(traced->status == 0);
    auto at = next(*traced, 0, {"openat(", "O_EXCL", "O_NOFOLLOW", "O_CLOEXEC", "0600"});
    at = next(*traced, at, {"fchown("});
    at = next(*traced, at, {"fchmod(", "0640"});
    at = next(*traced, at, {"write(", "new content"});
    at = next(*traced, at, {"fsync("});
    at = next(*traced, at, {"renameat", "\"a\""});
    next(*traced, at, {"fsync("});
}

TEST_CASE("append syncs the file, and a new file's folder too")
{
    workIfWorker([](FileSystem& files, const std::filesystem::path& folder) {
        return files.append(folder / "a", "a record");
    });
    const TemporaryFolder folder;
    for (const std::size_t syncs : {2U, 1U}) { // the second time the file is there already
        const auto traced = trace(folder, "append syncs*", "");
        if (!traced) return;
        auto at = next(*traced, 0, {"write(", "a record"});
        for (std::size_t i = 0; i < syncs; ++i)
            at = next(*traced, at, {"fsync("});
        for (; at < traced->calls.size(); ++at)
            CHECK(traced->calls[at].find("fsync(") == std::string::npos);
    }
}

TEST_CASE("a replace that fails on the way keeps the old file whole and leaves nothing behind")
{
    workIfWorker(replaceA);
    struct Row {
        std::string injection;
        std::string content;
    };
    for (const auto& row : {Row{"inject=fsync:error=EIO:when=1", "old"},
             Row{"inject=fchown:error=EPERM", "old"}, Row{"inject=fchmod:error=EPERM", "old"},
             Row{"inject=renameat,renameat2:error=EIO", "old"},
             // The folder's own sync: the new content may or may not survive, which is a failure.
             Row{"inject=fsync:error=EIO:when=2", "new content"}}) {
        CAPTURE(row.injection);
        const TemporaryFolder folder;
        folder.write("a", "old");
        const auto traced = trace(folder, "a replace that fails on the way*", row.injection);
        if (!traced) return;
        CHECK(traced->status == workerFailed);
        const PosixFileSystem files;
        CHECK(*files.read(folder / "a") == row.content);
        CHECK(files.list(folder.path())->size() == 1);
    }
}
