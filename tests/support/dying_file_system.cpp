#include "tests/support/dying_file_system.h"

#include "shared/base/system_error.h"

#include <algorithm>
#include <cerrno>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace perennial::test {

namespace fs = std::filesystem;

namespace {

constexpr int notContent = 1;

Status nothing() { return {}; }

} // namespace

std::span<const DyingFileSystem::Fault> DyingFileSystem::faultsAt(int change)
{
    const std::span<const Fault> all(allFaults);
    if (!isThinned) return all;
    return all.subspan(static_cast<std::size_t>(change) % all.size(), 1);
}

bool DyingFileSystem::isTried(int change, Fault fault)
{
    return std::ranges::find(faultsAt(change), fault) != faultsAt(change).end();
}

Status DyingFileSystem::change(const fs::path& path, const Act& act, const Act& half)
{
    ++changes_;
    const bool reached = plan_.change > 0 && changes_ >= plan_.change;
    const bool now = changes_ == plan_.change;
    const Error full = systemError("cannot write " + path.string(), ENOSPC);
    switch (plan_.fault) {
    case Fault::DieBefore:
        if (now) ::_exit(exitStatus);
        return act();
    case Fault::DieDuring:
        if (!now) return act();
        (void)half();
        ::_exit(exitStatus);
    case Fault::DieAfter: {
        auto status = act();
        if (now) ::_exit(exitStatus);
        return status;
    }
    case Fault::Fail: return now ? full : act();
    case Fault::FailForGood: return reached ? full : act();
    }
    return full;
}

Result<std::string> DyingFileSystem::read(const fs::path& path, std::size_t limit) const
{
    return files_.read(path, limit);
}

Result<std::string> DyingFileSystem::readPart(
    const fs::path& path, std::uint64_t offset, std::size_t count) const
{
    return files_.readPart(path, offset, count);
}

Result<FileFacts> DyingFileSystem::inspect(const fs::path& path) const
{
    return files_.inspect(path);
}

Result<std::string> DyingFileSystem::readLink(const fs::path& path) const
{
    return files_.readLink(path);
}

Result<std::vector<std::string>> DyingFileSystem::list(const fs::path& folder) const
{
    return files_.list(folder);
}

Status DyingFileSystem::replace(
    const fs::path& path, std::string_view content, const FileAttributes& attributes)
{
    return change(
        path, [&] { return files_.replace(path, content, attributes); },
        [&] {
            const auto left = path.parent_path() / ".new-00000000000000000000000000000000.tmp";
            return files_.replace(left, content.substr(0, content.size() / 2), attributes);
        });
}

Status DyingFileSystem::append(const fs::path& path, std::string_view content)
{
    return change(
        path, [&] { return files_.append(path, content); },
        [&] { return files_.append(path, content.substr(0, content.size() / 2)); });
}

Status DyingFileSystem::truncate(const fs::path& path, std::uint64_t size)
{
    return change(
        path, [&] { return files_.truncate(path, size); }, nothing);
}

Status DyingFileSystem::rename(const fs::path& from, const fs::path& to)
{
    return change(
        to, [&] { return files_.rename(from, to); }, nothing);
}

Status DyingFileSystem::link(const fs::path& from, const fs::path& to)
{
    return change(
        to, [&] { return files_.link(from, to); }, nothing);
}

Status DyingFileSystem::makeLink(const std::string& target, const fs::path& path)
{
    return change(
        path, [&] { return files_.makeLink(target, path); }, nothing);
}

Status DyingFileSystem::setAttributes(const fs::path& folder, const FileAttributes& attributes)
{
    return change(
        folder, [&] { return files_.setAttributes(folder, attributes); }, nothing);
}

Status DyingFileSystem::remove(const fs::path& path)
{
    // A full disk still lets go of files.
    const bool deadly = plan_.fault != Fault::Fail && plan_.fault != Fault::FailForGood;
    if (deadly) {
        return change(
            path, [&] { return files_.remove(path); }, nothing);
    }
    ++changes_;
    return files_.remove(path);
}

Status DyingFileSystem::makeFolder(const fs::path& path, mode_t mode)
{
    return change(
        path, [&] { return files_.makeFolder(path, mode); }, nothing);
}

bool diesOrEnds(const std::function<bool()>& body)
{
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(body() ? 0 : notContent);
    int status = -1;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    REQUIRE_MESSAGE(WIFEXITED(status), "the work in a process of its own crashed by itself");
    const bool died = WEXITSTATUS(status) == DyingFileSystem::exitStatus;
    REQUIRE_MESSAGE(
        (died || WEXITSTATUS(status) == 0), "the work was not content with what it met");
    return died;
}

} // namespace perennial::test
