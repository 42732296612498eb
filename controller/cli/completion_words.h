#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace perennial::cli {

enum class ValueKind { None, Text, File, Folder };

struct OptionWords {
    std::vector<std::string> names; // "-n", "--follow"
    std::string what;
    ValueKind value = ValueKind::None;
    std::vector<std::string> choices; // of the value; empty: any
};

// What may be written after one command.
struct CommandWords {
    std::string path; // "", "audit", "audit verify"
    struct Below {
        std::string name;
        std::string what;
    };
    std::vector<Below> commands;
    std::vector<OptionWords> options; // its own, then those that every command takes
    ValueKind argument = ValueKind::None;
};

// The program first, then each command before its own commands.
std::vector<CommandWords> allCommandWords(const CLI::App& root);
// Every option's name that a value follows, of one of these kinds.
std::vector<std::string> namesWithValue(
    const std::vector<CommandWords>& all, const std::vector<ValueKind>& kinds);
// The options with a choice of values, each once.
std::vector<OptionWords> optionsWithChoices(const std::vector<CommandWords>& all);

std::string joinWords(const std::vector<std::string>& words, const std::string& separator);

} // namespace perennial::cli
