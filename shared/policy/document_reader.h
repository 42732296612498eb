#pragma once

#include "shared/policy/document_keys.h"
#include "shared/policy/policy_documents.h"
#include "shared/yaml/strict_yaml.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace perennial::policy {

// What is wrong in one file. A file of nonsense is not listed for ever.
class ProblemList {
public:
    static constexpr std::size_t limit = 200;

    explicit ProblemList(std::string file) : file_(std::move(file)) {}
    void add(int line, const std::string& what);
    const std::vector<Problem>& problems() const { return problems_; }
    const std::string& file() const { return file_; }

private:
    std::string file_;
    std::vector<Problem> problems_;
};

struct TextAtLine {
    std::string text;
    int line = 0;
};

// Reads one mapping of a document. Unlike yaml::Reader it goes on after a problem: every one of
// them is reported. Getters give nothing for what is absent or wrong.
class DocumentReader {
public:
    // `path` is that of the mapping, empty at the top. Reports unknown keys and missing ones.
    DocumentReader(const yaml::Value& mapping, std::string path, std::span<const DocumentKey> keys,
        ProblemList& problems);

    std::optional<std::string> text(const std::string& key);
    std::optional<std::string> identifier(const std::string& key); // safe
    std::optional<int> integer(const std::string& key, int least, int most);
    std::optional<Duration> duration(const std::string& key, Duration most); // above zero
    // One line for each element; repeated ones are reported.
    std::vector<TextAtLine> texts(const std::string& key);
    std::vector<std::pair<TextAtLine, std::string>> textMap(const std::string& key);
    std::optional<DocumentReader> mapping(const std::string& key);

    bool has(const std::string& key) const { return find(key) != nullptr; }
    int lineOf(const std::string& key) const;
    void problem(const std::string& key, const std::string& what);
    void problem(const std::string& key, int line, const std::string& what);

private:
    const yaml::Value* find(const std::string& key) const;
    // The value when it is of this kind; reports another kind.
    const yaml::Value* expect(const std::string& key, yaml::Value::Kind kind);
    std::string pathOf(const std::string& key) const;
    void checkKeys();

    const yaml::Value* value_;
    std::string path_;
    std::span<const DocumentKey> keys_;
    ProblemList* problems_;
};

std::string quoted(const std::string& text); // printable, cut

} // namespace perennial::policy
