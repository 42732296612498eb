#pragma once

#include "shared/base/log.h"
#include "shared/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace perennial::enrollment::server {

// Puts lines at the end of a file, on a thread of its own: who has one to put never waits for a
// disk that hangs or a FIFO that nobody reads. What does not fit into the queue, or cannot be
// written, is lost, counted, and told in the file as soon as it can be. A line is there whole or
// not at all.
class LineFile {
public:
    static constexpr std::size_t queueLimit = 2048; // lines
    using LostLine =
        std::function<std::string(std::int64_t)>; // tells of so many, with its line feed

    // Makes the file with mode 0640. InvalidInput: it cannot be opened; a FIFO needs its reader.
    static Result<std::unique_ptr<LineFile>> open(
        const std::string& file, LostLine lostLine, const Log& log);
    // Writes what is in the queue, but waits two seconds at most.
    ~LineFile();
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;

    void put(std::string line); // with its line feed
    void reopen();              // soon; keeps the old file when the new one cannot be made
    std::int64_t lost() const;  // since the start

private:
    struct State;
    explicit LineFile(std::shared_ptr<State> state);
    std::shared_ptr<State> state_; // the thread's too: it may be stuck in a write for ever
};

} // namespace perennial::enrollment::server
