#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::yaml {

struct Limits {
    std::size_t bytes = 1U << 20U;
    std::size_t depth = 20;
    std::size_t nodes = 20'000;
};

// One parsed value with its place. Plain scalars are text: nothing is guessed ("no" is a word, 010
// is text until integer() reads it, strictly decimal). Only nothing at all, ~ and a plain null are
// Null.
struct Entry;
struct Value {
    enum class Kind { Null, Scalar, Sequence, Mapping };
    Kind kind = Kind::Null;
    int line = 0; // where it starts; for the value of a key, the key's line
    std::string scalar;
    std::vector<Value> sequence;
    std::vector<Entry> mapping; // in the file's order; keys unique
};
struct Entry { // no std::pair: clang cannot make one inside Value
    std::string key;
    Value value;
};

// Refuses: tabs (outside lines that are comments), anchors, aliases, tags, directives, repeated
// keys, merge keys, keys that are no text, several documents (unless parseAll), invalid UTF-8,
// control characters and those that change the direction of text, anything over the limits. Errors
// are InvalidInput and read "web.yaml:12: <what is wrong>". Nothing but comments is one Null value.
Result<Value> parse(std::string_view text, const std::string& fileName, const Limits& limits = {});
Result<std::vector<Value>> parseAll( // documents separated by ---; none in an empty file
    std::string_view text, const std::string& fileName, const Limits& limits = {});

// Reads one mapping and refuses what nobody asked for. The first thing wrong is kept, and getters
// give empty values from then on: "web.yaml:12: renew.before: ...". A key without a value is wrong,
// also where the key is optional, and so is an empty text() that has to be there. The Value must
// outlive its readers.
class Reader {
public:
    Reader(const Value& mapping, std::string fileName, std::string path = {});

    bool has(const std::string& key) const;
    std::string text(const std::string& key);
    std::string textOr(const std::string& key, std::string otherwise);
    std::optional<std::string> optionalText(const std::string& key);
    std::int64_t integer(const std::string& key);
    std::int64_t integerOr(const std::string& key, std::int64_t otherwise);
    bool booleanOr(const std::string& key, bool otherwise); // true or false, nothing else
    Duration duration(const std::string& key);              // "30d"
    Duration durationOr(const std::string& key, Duration otherwise);
    // Four octal digits, "0640", and no bit outside `most`.
    unsigned modeOr(const std::string& key, unsigned otherwise, unsigned most);
    std::string absolutePath(const std::string& key); // with no "." and ".." in it
    std::vector<std::string> texts(const std::string& key);
    std::vector<std::string> textsOr(const std::string& key, std::vector<std::string> otherwise);
    std::map<std::string, std::string> textMapOr(const std::string& key);
    std::string oneOf(const std::string& key, const std::vector<std::string>& allowed);
    std::string oneOfOr(const std::string& key, const std::vector<std::string>& allowed,
        const std::string& otherwise);
    // Readers of nested mappings share this one's error. An absent optional one is nullopt.
    Reader mapping(const std::string& key);
    std::optional<Reader> optionalMapping(const std::string& key);
    std::vector<Reader> mappings(const std::string& key); // a sequence of mappings, not empty
    std::vector<Reader> optionalMappings(const std::string& key);
    // key -> mapping, for "actions: {reload-nginx: {...}}"
    std::vector<std::pair<std::string, Reader>> optionalNamedMappings(const std::string& key);

    int line() const;
    int lineOf(const std::string& key) const;
    void fail(const std::string& key, const std::string& what); // a check of the caller's own
    bool failed() const;
    Status
    finish() const; // unknown keys of this mapping and of all nested readers, and the first error

private:
    struct Shared;
    Reader(const Value* value, std::string path, std::shared_ptr<Shared> shared);
    const Value* take(const std::string& key, bool required);

    const Value* value_;
    std::string path_;
    std::shared_ptr<Shared> shared_;
};

} // namespace perennial::yaml
