#pragma once

#include "plugins/files_discovery/file_content.h"
#include "plugins/files_discovery/file_identity.h"
#include "plugins/files_discovery/password_files.h"
#include "shared/base/locked_block.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace perennial::plugins::files {

struct ParsedFile {
    std::string path;
    FileIdentity identity;
    FileContent content;
};

// Parses on a thread of its own what another one reads: decoding a certificate takes as long as
// reading fifty files. A file's bytes, perhaps a key's, are read into locked memory, where many
// files lie one behind the other; they are handed over together, and wiped when they are parsed.
class FileParsing {
public:
    explicit FileParsing(const PasswordFiles& passwords) : passwords_(passwords) {}
    ~FileParsing() { finish(); }
    FileParsing(const FileParsing&) = delete;
    FileParsing& operator=(const FileParsing&) = delete;

    // Room for the bytes of one file. Waits while the other thread is far behind.
    char* room(std::size_t size);
    // What was written into the room is a file. The room's rest is free again.
    void add(std::string path, const FileIdentity& identity, std::size_t size);
    void wipeRoom(std::size_t written); // it is no file of interest

    std::vector<ParsedFile> files() &&; // when all are parsed

private:
    struct File {
        std::string path;
        FileIdentity identity;
        std::string_view bytes;
    };
    struct Batch {
        LockedBlock block;
        std::size_t used = 0;
        std::vector<File> files = {};
    };

    Batch newBatch(std::size_t size);
    void handOver();
    void parseAll();
    std::vector<ParsedFile> parse(Batch& batch) const;
    void finish();

    const PasswordFiles& passwords_;
    Batch filling_; // of the reading thread

    std::mutex mutex_; // of what follows
    std::condition_variable handed_;
    std::condition_variable parsedOne_;
    std::deque<Batch> waiting_;
    std::size_t waitingBytes_ = 0; // of blocks that are not parsed yet
    std::vector<LockedBlock> spare_;
    bool ended_ = false;
    std::vector<ParsedFile> parsed_;
    std::thread parser_; // started with the first file
};

} // namespace perennial::plugins::files
