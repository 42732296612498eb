#pragma once

#include "shared/yaml/strict_yaml.h"

namespace perennial::yaml {

// What all readers of one file know together.
struct Reader::Shared {
    std::string fileName;
    std::optional<Error> error;                              // the first
    std::map<const Value*, std::set<std::string>> askedKeys; // of each mapping with a reader

    void fail(int line, const std::string& path, const std::string& what);
    // The value, or nullptr (and the error) when it is of another kind. nullptr stays nullptr.
    const Value* expect(const Value* value, Value::Kind kind, const std::string& path);
    void findUnknownKeys(const Value& value, const std::string& path);
};

std::string shown(const std::string& text); // quoted, printable, cut
std::string pathOf(const std::string& path, const std::string& key);

} // namespace perennial::yaml
