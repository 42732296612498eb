#include "controller/cli/completion.h"
#include "controller/cli/completion_words.h"
#include "shared/base/shell_word.h"

namespace perennial::cli {

namespace {

// _describe takes "word:what it is".
std::string described(const std::string& word, const std::string& what)
{
    std::string text;
    for (const char c : word)
        text += c == ':' ? "\\:" : std::string(1, c);
    return shellQuoted(text + ":" + what);
}

std::string findCommand(const std::vector<CommandWords>& all)
{
    std::vector<std::string> paths;
    for (const auto& command : all)
        if (!command.path.empty()) paths.push_back("' " + command.path + "'");
    return "    local command='' i\n"
           "    local -a commands options\n"
           "    for ((i = 2; i < CURRENT; i++)); do\n"
           "        case ${words[i]} in\n            (" +
           joinWords(
               namesWithValue(all, {ValueKind::Text, ValueKind::File, ValueKind::Folder}), "|") +
           ") ((i++)); continue ;;\n"
           "        esac\n"
           "        case \"$command ${words[i]}\" in\n            (" +
           joinWords(paths, "|\\\n            ") +
           ") command+=\" ${words[i]}\" ;;\n"
           "        esac\n"
           "    done\n";
}

std::string completeValue(const std::vector<CommandWords>& all)
{
    std::string text = "    case ${words[CURRENT - 1]} in\n";
    for (const auto& option : optionsWithChoices(all))
        text += "        (" + joinWords(option.names, "|") + ") compadd " +
                joinWords(option.choices, " ") + "; return ;;\n";
    text += "        (" + joinWords(namesWithValue(all, {ValueKind::File}), "|") +
            ") _files; return ;;\n";
    text += "        (" + joinWords(namesWithValue(all, {ValueKind::Folder}), "|") +
            ") _files -/; return ;;\n";
    text += "        (" + joinWords(namesWithValue(all, {ValueKind::Text}), "|") +
            ") _message value; return ;;\n";
    return text + "    esac\n";
}

std::string listWords(const std::vector<CommandWords>& all)
{
    std::string text = "    case $command in\n";
    for (const auto& command : all) {
        text += "        ('" + (command.path.empty() ? "" : " " + command.path) + "')\n";
        if (!command.commands.empty()) {
            text += "            commands=(\n";
            for (const auto& below : command.commands)
                text += "                " + described(below.name, below.what) + "\n";
            text += "            )\n";
        }
        text += "            options=(\n";
        for (const auto& option : command.options)
            for (const auto& name : option.names)
                text += "                " + described(name, option.what) + "\n";
        text += "            )\n";
        if (command.argument == ValueKind::File)
            text += "            [[ ${words[CURRENT]} == -* ]] || { _files; return }\n";
        text += "            ;;\n";
    }
    return text + "    esac\n";
}

} // namespace

std::string zshCompletion(const CLI::App& root)
{
    const auto all = allCommandWords(root);
    return "#compdef perennial\n"
           "# Completion of perennial for zsh; made by `perennial completion zsh`.\n"
           "_perennial() {\n" +
           findCommand(all) + completeValue(all) + listWords(all) +
           "    if [[ ${words[CURRENT]} == -* ]]; then\n"
           "        _describe -o option options\n"
           "    else\n"
           "        _describe command commands\n"
           "    fi\n"
           "}\n"
           "if [[ ${funcstack[1]} == _perennial ]]; then\n"
           "    _perennial \"$@\"\n"
           "else\n"
           "    compdef _perennial perennial\n"
           "fi\n";
}

} // namespace perennial::cli
