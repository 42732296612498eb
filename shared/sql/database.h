#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace perennial::sql {

struct Blob {
    Bytes bytes;
};
using Value = std::variant<std::monostate, std::int64_t, std::string, Blob>;

// Columns count from 0. A column that is not there, or holds another type, throws std::logic_error:
// that is a mistake in a statement. transaction() and read() turn it into an Internal error.
class Row {
public:
    explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
    bool isNull(std::size_t column) const;
    std::int64_t integer(std::size_t column) const;    // 0 for NULL
    const std::string& text(std::size_t column) const; // "" for NULL
    const Bytes& blob(std::size_t column) const;       // "" for NULL

private:
    template <class T>
    const T* find(std::size_t column) const;

    std::vector<Value> values_;
};

// What a transaction's work uses. Placeholders are ?; values are always bound, never pasted, and
// every call is one statement. Errors: Conflict for a row that is there already (UNIQUE, PRIMARY
// KEY) and for a database that stayed busy; Corrupt for a damaged file; Unavailable for a full
// disk; Internal for a wrong statement or any other broken constraint. Messages never hold values.
class Session {
public:
    virtual ~Session() = default;
    virtual Result<std::vector<Row>> query(
        const std::string& sql, const std::vector<Value>& values = {}) = 0;
    // Number of rows changed.
    virtual Result<std::int64_t> execute(
        const std::string& sql, const std::vector<Value>& values = {}) = 0;
};

struct Migration {
    int version;                 // 1, 2, 3, ...; applied in order, each once, in a transaction
    std::string_view statements; // separated by ;
};

struct Options {
    std::chrono::milliseconds busyTimeout{5000}; // how long to wait for another process
};

// A SQLite file (WAL, synchronous=FULL, foreign keys on, busy timeout) that Poco::Data opens.
// Thread-safe: writers take turns, readers do not wait for them. One process at a time is meant to
// write.
class Database {
public:
    // A missing file is made, with mode 0600; its folder must be there. Refuses a file of a newer
    // version of the program and a SQLite file of something else (InvalidInput), and links.
    static Result<std::unique_ptr<Database>> open(const std::string& file,
        const std::vector<Migration>& migrations, const Options& options = {});
    virtual ~Database() = default;

    // Commits when the work returns ok, rolls back on an Error or an exception, which becomes an
    // Internal error. Conflict: busy for too long. Ok means that it is on the disk. Not from within
    // another one. Threads that write at the same time share a commit: the work may be run on one
    // of the others, while its own waits.
    virtual Status transaction(const std::function<Status(Session&)>& work) = 0;
    virtual Status read(const std::function<Status(Session&)>& work) = 0; // one snapshot, no writes
    // A whole copy, while in use, with mode 0600 and synced. The file must not be there (Conflict).
    virtual Status backup(const std::string& toFile) = 0;
    // Reads everything: Corrupt names what is wrong. Slow on a large file.
    virtual Status checkIntegrity() = 0;
};

} // namespace perennial::sql
