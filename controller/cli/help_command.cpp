#include "controller/cli/command_tree.h"
#include "shared/base/encoding.h"

namespace perennial::cli {

namespace {

Status help(const CLI::App& root, const Context& context)
{
    const CLI::App* at = &root;
    std::string before;
    for (const auto& word : context.options().words) {
        const auto next = at->get_subcommands(
            [&](const CLI::App* command) { return command->get_name() == word; });
        if (next.empty())
            return Error{ErrorKind::InvalidInput, "there is no command \"" +
                                                      toPrintable(word, 100) +
                                                      "\"; `perennial help` lists all"};
        before += (before.empty() ? "" : " ") + at->get_name();
        at = next.front();
    }
    // Not App::help(): at the root it would describe `help`, which was parsed.
    context.print(at->get_formatter()->make_help(at,
        before.empty() ? at->get_name() : before + " " + at->get_name(),
        CLI::AppFormatMode::Normal));
    return {};
}

} // namespace

void addHelpCommand(CommandTree& tree)
{
    const auto& root = tree.root();
    auto& command = tree.add("help", "what a command does and how it is written",
        [&root](const Context& context) { return help(root, context); });
    command.add_option("COMMAND", tree.options().words, "such as `audit verify`");
}

} // namespace perennial::cli
