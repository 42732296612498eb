#include "controller/cli/completion.h"
#include "controller/cli/completion_words.h"

namespace perennial::cli {

namespace {

// fish knows \\ and \' within single quotes, and no other way to write a quote there.
std::string fishQuoted(const std::string& text)
{
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + "'";
}

std::string functions(const std::vector<CommandWords>& all)
{
    std::vector<std::string> paths;
    for (const auto& command : all)
        if (!command.path.empty()) paths.push_back("'perennial " + command.path + "'");
    return "# The commands before the cursor, after the program's name.\n"
           "function __perennial_command\n"
           "    set -l command perennial\n"
           "    set -l skip no\n"
           "    for word in (commandline -opc)[2..-1]\n"
           "        if test $skip = yes\n"
           "            set skip no\n"
           "            continue\n"
           "        end\n"
           "        switch $word\n"
           "            case " +
           joinWords(
               namesWithValue(all, {ValueKind::Text, ValueKind::File, ValueKind::Folder}), " ") +
           "\n"
           "                set skip yes\n"
           "                continue\n"
           "        end\n"
           "        switch \"$command $word\"\n"
           "            case " +
           joinWords(paths, " \\\n                ") +
           "\n"
           "                set command \"$command $word\"\n"
           "        end\n"
           "    end\n"
           "    echo $command\n"
           "end\n"
           "function __perennial_at\n"
           "    test (__perennial_command) = \"$argv\"\n"
           "end\n"
           "complete -c perennial -f\n";
}

std::string optionLine(const std::string& start, const OptionWords& option)
{
    std::string text = start;
    for (const auto& name : option.names)
        text += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
    switch (option.value) {
    case ValueKind::None: break;
    case ValueKind::Text:
        text += " -x";
        if (!option.choices.empty()) text += " -a " + fishQuoted(joinWords(option.choices, " "));
        break;
    case ValueKind::File: text += " -r -F"; break;
    case ValueKind::Folder: text += " -x -a '(__fish_complete_directories)'"; break;
    }
    return text + " -d " + fishQuoted(option.what) + "\n";
}

} // namespace

std::string fishCompletion(const CLI::App& root)
{
    const auto all = allCommandWords(root);
    std::string text =
        "# Completion of perennial for fish; made by `perennial completion fish`.\n" +
        functions(all);
    for (const auto& command : all) {
        const auto path = command.path.empty() ? "perennial" : "perennial " + command.path;
        const auto start = "complete -c perennial -n '__perennial_at " + path + "'";
        for (const auto& below : command.commands)
            text += start + " -a " + below.name + " -d " + fishQuoted(below.what) + "\n";
        if (command.argument == ValueKind::File) text += start + " -F\n";
        for (const auto& option : command.options)
            text += optionLine(start, option);
    }
    return text;
}

} // namespace perennial::cli
