#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"

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

class Row {
public:
    explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
    bool isNull(std::size_t column) const;
    std::int64_t integer(std::size_t column) const; // 0 for NULL
    const std::string& text(std::size_t column) const; // "" for NULL
    const Bytes& blob(std::size_t column) const;

private:
    std::vector<Value> values_;
};

// What a transaction's work uses. Placeholders are ?; values are always bound, never pasted.
class Session {
public:
    virtual ~Session() = default;
    virtual Result<std::vector<Row>> query(const std::string& sql, const std::vector<Value>& values = {}) = 0;
    // Number of rows changed.
    virtual Result<std::int64_t> execute(const std::string& sql, const std::vector<Value>& values = {}) = 0;
};

struct Migration {
    int version; // 1, 2, 3, ...; applied in order, each once, in a transaction
    std::string_view statements; // separated by ";\n"
};

// A SQLite file (WAL, synchronous=FULL, foreign keys on, busy timeout) behind Poco::Data. Thread-safe: writers
// take turns, readers do not wait for them.
class Database {
public:
    static Result<std::unique_ptr<Database>> open(
        const std::string& file, const std::vector<Migration>& migrations);
    virtual ~Database() = default;

    // Commits when the work returns ok, rolls back on an Error. Conflict: busy for too long.
    virtual Status transaction(const std::function<Status(Session&)>& work) = 0;
    virtual Status read(const std::function<Status(Session&)>& work) = 0; // one snapshot, no writes
    virtual Status backup(const std::string& toFile) = 0; // VACUUM INTO, while in use
};

} // namespace perennial::sql
