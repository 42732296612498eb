#include "controller/cli/completion_words.h"

#include "controller/cli/command_tree.h"

#include <algorithm>
#include <set>

namespace perennial::cli {

namespace {

// CLI11 writes a choice into the type's name: "TEXT:{pending,issued,denied}".
std::vector<std::string> choicesOf(const CLI::Option& option)
{
    const auto type = option.get_type_name();
    const auto open = type.find('{');
    const auto close = type.find('}', open);
    if (open == std::string::npos || close == std::string::npos) return {};
    std::vector<std::string> choices(1);
    for (auto at = open + 1; at < close; ++at) {
        if (type[at] == ',')
            choices.emplace_back();
        else
            choices.back() += type[at];
    }
    return choices;
}

ValueKind kindOf(const CLI::Option& option)
{
    if (option.get_items_expected_max() == 0) return ValueKind::None;
    const auto type = option.get_type_name();
    if (type == fileType) return ValueKind::File;
    return type == folderType ? ValueKind::Folder : ValueKind::Text;
}

OptionWords wordsOf(const CLI::Option& option)
{
    OptionWords words;
    for (const auto& name : option.get_snames())
        words.names.push_back("-" + name);
    for (const auto& name : option.get_lnames())
        words.names.push_back("--" + name);
    words.what = option.get_description();
    words.value = kindOf(option);
    words.choices = choicesOf(option);
    return words;
}

void addOptions(const CLI::App& app, CommandWords& words)
{
    for (const auto* option : app.get_options({})) {
        if (!option->nonpositional()) {
            words.argument = kindOf(*option);
            continue;
        }
        auto added = wordsOf(*option);
        const bool known = std::any_of(words.options.begin(), words.options.end(),
            [&](const OptionWords& other) { return other.names == added.names; });
        if (!known) words.options.push_back(std::move(added));
    }
}

void addCommand(const CLI::App& app, const std::string& path, const CLI::App& root,
    std::vector<CommandWords>& all)
{
    CommandWords words;
    words.path = path;
    addOptions(app, words);
    if (&app != &root) addOptions(root, words);
    const auto below = app.get_subcommands([](const CLI::App*) { return true; });
    for (const auto* command : below)
        words.commands.push_back({command->get_name(), command->get_description()});
    all.push_back(std::move(words));
    for (const auto* command : below)
        addCommand(*command, path.empty() ? command->get_name() : path + " " + command->get_name(),
            root, all);
}

} // namespace

std::vector<CommandWords> allCommandWords(const CLI::App& root)
{
    std::vector<CommandWords> all;
    addCommand(root, "", root, all);
    return all;
}

std::vector<std::string> namesWithValue(
    const std::vector<CommandWords>& all, const std::vector<ValueKind>& kinds)
{
    std::set<std::string> names;
    for (const auto& command : all)
        for (const auto& option : command.options)
            if (std::find(kinds.begin(), kinds.end(), option.value) != kinds.end())
                names.insert(option.names.begin(), option.names.end());
    return {names.begin(), names.end()};
}

std::vector<OptionWords> optionsWithChoices(const std::vector<CommandWords>& all)
{
    std::vector<OptionWords> found;
    for (const auto& command : all)
        for (const auto& option : command.options)
            if (!option.choices.empty() &&
                std::none_of(found.begin(), found.end(),
                    [&](const OptionWords& other) { return other.names == option.names; }))
                found.push_back(option);
    return found;
}

std::string joinWords(const std::vector<std::string>& words, const std::string& separator)
{
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : separator) + word;
    return text;
}

} // namespace perennial::cli
