#include "controller/cli/command_tree.h"
#include "controller/cli/completion.h"

namespace perennial::cli {

void addCompletionCommands(CommandTree& tree)
{
    const auto& root = tree.root();
    auto& completion = tree.add("completion", "a shell's completion of this command line");
    const auto add = [&](const char* shell, std::string (*script)(const CLI::App&)) {
        tree.add(completion, shell, std::string("for ") + shell,
            [&root, script](const Context& context) -> Status {
                context.print(script(root));
                return {};
            });
    };
    add("bash", bashCompletion);
    add("zsh", zshCompletion);
    add("fish", fishCompletion);
}

} // namespace perennial::cli
