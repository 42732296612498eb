#include "plugins/files_discovery/file_reading.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <unistd.h>
#include <utility>

namespace perennial::plugins::files {

namespace {

// Two changes within one tick of the kernel's clock have the same time.
constexpr std::int64_t settling = 2'000'000'000;

// Reads from `at` on until there are `size` bytes or the file ends: how many there are. Unset when
// it cannot be read.
std::optional<std::size_t> readOn(int descriptor, char* text, std::size_t at, std::size_t size)
{
    while (at < size) {
        const auto got = ::pread(descriptor, text + at, size - at, static_cast<off_t>(at));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return std::nullopt;
        if (got == 0) break;
        at += static_cast<std::size_t>(got);
    }
    return at;
}

} // namespace

FileReading::FileReading(ScanMemory& memory, const PasswordFiles& passwords, TimePoint now)
    : memory_(memory),
      settledBefore_(std::chrono::nanoseconds(now.time_since_epoch()).count() - settling),
      known_(!memory.empty()), block_(firstBlock), parsing_(passwords)
{
}

bool FileReading::knows(const WalkedFile& file)
{
    const auto fingerprint = memory_.fingerprint(file.identity());
    if (memory_.heldNothing(fingerprint)) return true;
    const auto* content = memory_.contentOf(fingerprint);
    if (content == nullptr) return false;
    const auto& identity = file.identity();
    files_.push_back(
        {file.path(), identity.size, content, identity.readers, identity.inOpenFolder});
    return true;
}

void FileReading::rememberNothing(const FileIdentity& identity)
{
    if (hasSettled(identity)) memory_.putNothing(memory_.fingerprint(identity));
}

std::vector<ReadFile> FileReading::files() &&
{
    for (auto& [path, identity, content] : std::move(parsing_).files()) {
        if (content.empty())
            rememberNothing(identity);
        else
            files_.push_back({std::move(path), identity.size,
                &memory_.put(
                    memory_.fingerprint(identity), std::move(content), hasSettled(identity)),
                identity.readers, identity.inOpenFolder});
    }
    return std::move(files_);
}

std::uint64_t FileReading::look(const WalkedFile& file, int descriptor)
{
    const auto size = static_cast<std::size_t>(file.identity().size);
    const auto first = readOn(descriptor, block_.data(), 0, std::min(size, firstBlock));
    if (!first) return 0;
    if (lookAtBlock({block_.data(), *first}, size) == FirstLook::Nothing) {
        rememberNothing(file.identity());
        return *first;
    }
    char* const room = parsing_.room(size); // a key may be in it
    std::memcpy(room, block_.data(), *first);
    ::explicit_bzero(block_.data(), *first);
    const auto whole = readOn(descriptor, room, *first, size);
    const bool worth = whole && lookAtBlock({room, *whole}, *whole) != FirstLook::Nothing;
    if (worth)
        parsing_.add(file.path(), file.identity(), *whole);
    else
        parsing_.wipeRoom(size);
    if (whole && !worth) rememberNothing(file.identity());
    return size;
}

} // namespace perennial::plugins::files
