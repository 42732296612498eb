#include "plugins/files_discovery/file_parsing.h"

#include <algorithm>
#include <iterator>
#include <string.h>
#include <utility>

namespace perennial::plugins::files {

namespace {

constexpr std::size_t usualBlock = 128U << 10U;
constexpr std::size_t mostFiles = 64;          // in one batch: the last one is waited for
constexpr std::size_t mostWaiting = 2U << 20U; // bytes of blocks that are not parsed yet

} // namespace

FileParsing::Batch FileParsing::newBatch(std::size_t size)
{
    if (size > usualBlock) return {LockedBlock(size)};
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) return {LockedBlock(usualBlock)};
    Batch batch{std::move(spare_.back())};
    spare_.pop_back();
    return batch;
}

char* FileParsing::room(std::size_t size)
{
    const bool full = filling_.files.size() >= mostFiles;
    if (full || filling_.block.size() - filling_.used < size) {
        handOver();
        filling_ = newBatch(size);
    }
    return filling_.block.data() + filling_.used;
}

void FileParsing::add(std::string path, const FileIdentity& identity, std::size_t size)
{
    const std::string_view bytes(filling_.block.data() + filling_.used, size);
    filling_.files.push_back({std::move(path), identity, bytes});
    filling_.used += size;
}

void FileParsing::wipeRoom(std::size_t written)
{
    ::explicit_bzero(filling_.block.data() + filling_.used, written);
}

void FileParsing::handOver()
{
    if (filling_.files.empty()) return;
    std::unique_lock lock(mutex_);
    if (!parser_.joinable()) parser_ = std::thread([this] { parseAll(); });
    parsedOne_.wait(lock, [&] { return waitingBytes_ <= mostWaiting; });
    waitingBytes_ += filling_.block.size();
    waiting_.push_back(std::exchange(filling_, {}));
    handed_.notify_one();
}

void FileParsing::parseAll()
{
    std::unique_lock lock(mutex_);
    while (true) {
        handed_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        auto batch = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        auto parsed = parse(batch);
        ::explicit_bzero(batch.block.data(), batch.used);
        lock.lock();
        std::move(parsed.begin(), parsed.end(), std::back_inserter(parsed_));
        waitingBytes_ -= batch.block.size();
        if (batch.block.size() == usualBlock) spare_.push_back(std::move(batch.block));
        parsedOne_.notify_one();
    }
}

std::vector<ParsedFile> FileParsing::parse(Batch& batch) const
{
    std::vector<ParsedFile> parsed;
    for (auto& file : batch.files) {
        auto content = contentOf(file.bytes, passwords_.passwordFor(file.path));
        parsed.push_back({std::move(file.path), file.identity, std::move(content)});
    }
    return parsed;
}

void FileParsing::finish()
{
    handOver();
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
        handed_.notify_one();
    }
    if (parser_.joinable()) parser_.join();
}

std::vector<ParsedFile> FileParsing::files() &&
{
    finish();
    return std::move(parsed_);
}

} // namespace perennial::plugins::files
