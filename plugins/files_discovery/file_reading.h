#pragma once

#include "plugins/files_discovery/folder_walk.h"
#include "plugins/files_discovery/password_files.h"
#include "plugins/files_discovery/scan_memory.h"
#include "plugins/files_discovery/sorting.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace perennial::plugins::files {

// Reads the files of a walk that the memory does not know: of most the first block alone. What is
// worth it is parsed by a second thread meanwhile: decoding a certificate takes as long as reading
// fifty files.
class FileReading final : public FileVisitor {
public:
    FileReading(ScanMemory& memory, const PasswordFiles& passwords, TimePoint now);
    ~FileReading() override { finish(); }
    FileReading(const FileReading&) = delete;
    FileReading& operator=(const FileReading&) = delete;

    bool knowsFiles() const override { return known_; }
    bool knows(const WalkedFile& file) override;
    std::uint64_t look(const WalkedFile& file, int descriptor) override;

    // What was of interest, in the order of the walk. The contents are the memory's.
    std::vector<ReadFile> files() &&;

private:
    struct ToParse {
        std::string path;
        FileIdentity identity;
        Secret bytes;
    };

    struct Parsed {
        std::string path;
        FileIdentity identity;
        FileContent content;
    };

    bool hasSettled(const FileIdentity& identity) const
    {
        return identity.changed < settledBefore_;
    }
    void rememberNothing(const FileIdentity& identity);
    void hand(ToParse file); // waits while the other thread is far behind
    void parseAll();
    void finish();

    ScanMemory& memory_;
    const PasswordFiles& passwords_;
    std::int64_t settledBefore_; // nanoseconds; what changed later is not remembered
    bool known_;
    std::string block_;
    std::vector<ReadFile> files_;

    std::mutex mutex_; // of what follows
    std::condition_variable changed_;
    std::deque<ToParse> waiting_;
    std::size_t waitingBytes_ = 0;
    bool ended_ = false;
    std::vector<Parsed> parsed_;
    std::thread parser_; // started with the first file
};

} // namespace perennial::plugins::files
