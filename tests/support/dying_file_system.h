#pragma once

#include "shared/base/file_system.h"

#include <functional>
#include <span>

namespace perennial::test {

// A disk that goes wrong at the Nth change. An undisturbed run counts the changes; then each one is
// made to go wrong in each way:
//     for (int change = 1; change <= changes; ++change)
//         for (const auto fault : faultsAt(change))
//             diesOrEnds([&] { DyingFileSystem disk(files, {change, fault}); work(disk); });
class DyingFileSystem final : public FileSystem {
public:
    enum class Fault {
        DieBefore,  // the change is not made
        DieDuring,  // append: half of it; replace: a temporary file is left; others: as DieBefore
        DieAfter,   // the change is made, and nobody is told
        Fail,       // an Error as of a full disk, for this change only
        FailForGood // the same for every later change too, but remove works
    };
    static constexpr Fault allFaults[] = {
        Fault::DieBefore, Fault::DieDuring, Fault::DieAfter, Fault::Fail, Fault::FailForGood};
    // Under a sanitizer a process costs many times as much, and what is looked for there is memory,
    // not order: one fault a change, in turns.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    static constexpr bool isThinned = true;
#else
    static constexpr bool isThinned = false;
#endif
    // What is to go wrong at that change.
    static std::span<const Fault> faultsAt(int change);
    static bool isTried(int change, Fault fault);
    static constexpr int exitStatus = 137; // of the process, as after SIGKILL

    struct Plan {
        int change = 0; // counted from 1; 0: never
        Fault fault = Fault::DieBefore;
    };

    explicit DyingFileSystem(FileSystem& files) : DyingFileSystem(files, Plan{}) {}
    DyingFileSystem(FileSystem& files, Plan plan) : files_(files), plan_(plan) {}

    int changes() const { return changes_; }

    Result<std::string> read(
        const std::filesystem::path& path, std::size_t limit = defaultLimit) const override;
    Result<std::string> readPart(
        const std::filesystem::path& path, std::uint64_t offset, std::size_t count) const override;
    Result<FileFacts> inspect(const std::filesystem::path& path) const override;
    Result<std::string> readLink(const std::filesystem::path& path) const override;
    Result<std::vector<std::string>> list(const std::filesystem::path& folder) const override;
    Status replace(const std::filesystem::path& path, std::string_view content,
        const FileAttributes& attributes = {}) override;
    Status append(const std::filesystem::path& path, std::string_view content) override;
    Status truncate(const std::filesystem::path& path, std::uint64_t size) override;
    Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
    Status link(const std::filesystem::path& from, const std::filesystem::path& to) override;
    Status makeLink(const std::string& target, const std::filesystem::path& path) override;
    Status setAttributes(
        const std::filesystem::path& folder, const FileAttributes& attributes) override;
    Status remove(const std::filesystem::path& path) override;
    Status makeFolder(const std::filesystem::path& path, mode_t mode = 0700) override;

private:
    using Act = std::function<Status()>;
    Status change(const std::filesystem::path& path, const Act& act, const Act& half);

    FileSystem& files_;
    Plan plan_;
    int changes_ = 0;
};

// Runs the body in a process of its own. True: it died by a DyingFileSystem; false: it came to its
// end. Anything else fails the test. The body must not use doctest's checks: nobody would see them;
// it returns whether it is content.
bool diesOrEnds(const std::function<bool()>& body);

} // namespace perennial::test
