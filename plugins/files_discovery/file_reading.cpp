#include "plugins/files_discovery/file_reading.h"

#include <algorithm>
#include <cerrno>
#include <string.h>
#include <unistd.h>
#include <utility>

namespace perennial::plugins::files {

namespace {

// Two changes within one tick of the kernel's clock have the same time.
constexpr std::int64_t settling = 2'000'000'000;
constexpr std::size_t mostWaiting = 2U << 20U; // bytes read and not parsed yet

// Reads on from where the text ends, up to `size` in all. False when it cannot be read.
bool readOn(int descriptor, std::string& text, std::size_t size)
{
    auto at = text.size();
    text.resize(size);
    while (at < size) {
        const auto got = ::pread(descriptor, text.data() + at, size - at, static_cast<off_t>(at));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) break;
        at += static_cast<std::size_t>(got);
    }
    text.resize(at);
    return true;
}

} // namespace

FileReading::FileReading(ScanMemory& memory, const PasswordFiles& passwords, TimePoint now)
    : memory_(memory), passwords_(passwords),
      settledBefore_(std::chrono::nanoseconds(now.time_since_epoch()).count() - settling),
      known_(!memory.empty())
{
    block_.reserve(firstBlock);
}

bool FileReading::knows(const WalkedFile& file)
{
    const auto fingerprint = memory_.fingerprint(file.identity());
    if (memory_.heldNothing(fingerprint)) return true;
    const auto* content = memory_.contentOf(fingerprint);
    if (content == nullptr) return false;
    files_.push_back({file.path(), file.identity().size, content});
    return true;
}

void FileReading::rememberNothing(const FileIdentity& identity)
{
    if (hasSettled(identity)) memory_.putNothing(memory_.fingerprint(identity));
}

void FileReading::hand(ToParse file)
{
    std::unique_lock lock(mutex_);
    if (!parser_.joinable()) parser_ = std::thread([this] { parseAll(); });
    changed_.wait(lock, [&] { return waitingBytes_ <= mostWaiting; });
    waitingBytes_ += file.bytes.reveal().size();
    waiting_.push_back(std::move(file));
    changed_.notify_all();
}

void FileReading::parseAll()
{
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        auto file = std::move(waiting_.front());
        waiting_.pop_front();
        waitingBytes_ -= file.bytes.reveal().size();
        changed_.notify_all();
        lock.unlock();
        auto content = contentOf(file.bytes, passwords_.passwordFor(file.path));
        lock.lock();
        parsed_.push_back({std::move(file.path), file.identity, std::move(content)});
    }
}

void FileReading::finish()
{
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        changed_.notify_all();
    }
    if (parser_.joinable()) parser_.join();
}

std::vector<ReadFile> FileReading::files() &&
{
    finish();
    for (auto& [path, identity, content] : parsed_) {
        if (content.empty())
            rememberNothing(identity);
        else
            files_.push_back({std::move(path), identity.size,
                &memory_.put(
                    memory_.fingerprint(identity), std::move(content), hasSettled(identity))});
    }
    return std::move(files_);
}

std::uint64_t FileReading::look(const WalkedFile& file, int descriptor)
{
    const auto size = static_cast<std::size_t>(file.identity().size);
    block_.clear();
    if (!readOn(descriptor, block_, std::min(size, firstBlock))) return 0;
    if (lookAtBlock(block_, size) == FirstLook::Nothing) {
        const auto read = block_.size();
        rememberNothing(file.identity());
        return read;
    }
    std::string whole;
    whole.reserve(size); // it must not move: a key may be in it
    whole = block_;
    ::explicit_bzero(block_.data(), block_.size());
    const bool read = readOn(descriptor, whole, size);
    Secret bytes(std::move(whole));
    if (!read) return size;
    if (lookAtBlock(bytes.reveal(), bytes.reveal().size()) == FirstLook::Nothing)
        rememberNothing(file.identity());
    else
        hand({file.path(), file.identity(), std::move(bytes)});
    return size;
}

} // namespace perennial::plugins::files
