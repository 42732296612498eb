#pragma once

#include "shared/yaml/strict_yaml.h"

#include <string>
#include <unordered_map>
#include <vector>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

namespace perennial::yaml {

// Thrown through the parser, which has no other way to be stopped; never leaves this folder.
struct Refusal {
    int line;
    std::string what;
};

// Builds Values from the parser's events and refuses while reading, so that nothing large or clever
// is ever built. `source` is what the parser reads, `nodes` is counted over all documents.
class ValueBuilder final : public YAML::EventHandler {
public:
    ValueBuilder(std::string_view source, const Limits& limits, std::size_t& nodes,
        std::size_t documentIndex);

    Value takeRoot() { return std::move(root_); }
    int line() const { return line_; } // where the document begins

    void OnDocumentStart(const YAML::Mark& mark) override;
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
        const std::string& value) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
        YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { closeCollection(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
        YAML::EmitterStyle::value style) override;
    void OnMapEnd() override { closeCollection(); }

private:
    struct Frame {
        Value value;
        std::optional<std::string> key; // read, its value not yet
        int keyLine = 0;
        int column = 0;
        bool flow = false;                         // in brackets
        std::unordered_map<std::string, int> keys; // and their lines
    };

    [[noreturn]] void refuse(int line, const std::string& what) const;
    // The text from this place on; empty past the end.
    std::string_view sourceAt(std::size_t position) const;
    void checkProperties(
        const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const;
    void checkIndentation(const YAML::Mark& mark, bool blockSequence) const;
    std::size_t findEnd(const YAML::Mark& mark, const std::string& scalar) const;
    void countNode(int line);
    bool keyIsNext() const;
    [[noreturn]] void refuseKey(int line, const std::string& what) const;
    void openCollection(Value::Kind kind, const YAML::Mark& mark, YAML::EmitterStyle::value style);
    void closeCollection();
    void addKey(const std::string& key, int line, std::string_view behind);
    void add(Value value);
    std::string path() const;

    std::string_view source_;
    const Limits& limits_;
    std::size_t& nodes_;
    std::size_t documentIndex_;
    int line_ = 1;
    std::vector<Frame> frames_;
    Value root_;
};

} // namespace perennial::yaml
