#include "controller/cli/completion.h"
#include "controller/cli/completion_words.h"

namespace perennial::cli {

namespace {

std::string alternatives(const std::vector<std::string>& names) { return joinWords(names, " | "); }

// The words before the cursor as far as they are commands.
std::string findCommand(const std::vector<CommandWords>& all)
{
    std::string text =
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
        "    local command=\"\" commands=\"\" options=\"\" files=\"\" i\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case ${COMP_WORDS[i]} in\n            " +
        alternatives(namesWithValue(all, {ValueKind::Text, ValueKind::File, ValueKind::Folder})) +
        ")\n"
        "                ((i++))\n"
        "                continue\n"
        "                ;;\n"
        "        esac\n"
        "        case \"$command ${COMP_WORDS[i]}\" in\n            ";
    std::vector<std::string> paths;
    for (const auto& command : all)
        if (!command.path.empty()) paths.push_back("\" " + command.path + "\"");
    return text + joinWords(paths, " | \\\n            ") +
           ")\n"
           "                command+=\" ${COMP_WORDS[i]}\"\n"
           "                ;;\n"
           "        esac\n"
           "    done\n";
}

std::string reply(const std::string& generator)
{
    return "mapfile -t COMPREPLY < <(compgen " + generator + " -- \"$word\")\n";
}

// After an option that takes a value.
std::string completeValue(const std::vector<CommandWords>& all)
{
    const auto add = [](const std::string& names, const std::string& action) {
        return "        " + names + ")\n            " + action +
               "            return\n            ;;\n";
    };
    std::string text = "    case $before in\n";
    for (const auto& option : optionsWithChoices(all))
        text +=
            add(alternatives(option.names), reply("-W \"" + joinWords(option.choices, " ") + "\""));
    text += add(alternatives(namesWithValue(all, {ValueKind::File})),
        "compopt -o filenames\n            " + reply("-f"));
    text += add(alternatives(namesWithValue(all, {ValueKind::Folder})),
        "compopt -o filenames\n            " + reply("-d"));
    text += "        " + alternatives(namesWithValue(all, {ValueKind::Text})) +
            ")\n            return\n            ;;\n";
    return text + "    esac\n";
}

std::string listWords(const std::vector<CommandWords>& all)
{
    std::string text = "    case $command in\n";
    for (const auto& command : all) {
        std::vector<std::string> commands;
        std::vector<std::string> options;
        for (const auto& below : command.commands)
            commands.push_back(below.name);
        for (const auto& option : command.options)
            options.insert(options.end(), option.names.begin(), option.names.end());
        text += "        \"" + (command.path.empty() ? "" : " " + command.path) + "\")\n";
        if (!commands.empty())
            text += "            commands=\"" + joinWords(commands, " ") + "\"\n";
        if (command.argument == ValueKind::File) text += "            files=yes\n";
        text += "            options=\"" + joinWords(options, " ") + "\"\n            ;;\n";
    }
    return text + "    esac\n";
}

} // namespace

std::string bashCompletion(const CLI::App& root)
{
    const auto all = allCommandWords(root);
    return "# Completion of perennial for bash; made by `perennial completion bash`.\n"
           "_perennial() {\n"
           "    COMPREPLY=()\n" +
           findCommand(all) + completeValue(all) + listWords(all) +
           "    if [[ $word == -* ]]; then\n        " + reply("-W \"$options\"") +
           "    elif [[ -n $files ]]; then\n"
           "        compopt -o filenames\n        " +
           reply("-f") + "    else\n        " + reply("-W \"$commands\"") +
           "    fi\n"
           "}\n"
           "complete -F _perennial perennial\n";
}

} // namespace perennial::cli
