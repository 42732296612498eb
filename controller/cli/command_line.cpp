#include "controller/cli/command_line.h"

#include "controller/cli/command_tree.h"

namespace perennial::cli {

namespace {

int parse(CLI::App& app, const std::vector<std::string>& arguments, const Surroundings& around)
{
    try {
        app.parse(
            std::vector<std::string>(arguments.rbegin(), arguments.rend())); // as it wants them
        return -1;
    } catch (const CLI::ParseError& error) {
        return app.exit(error, around.out, around.err) == 0 ? 0 : 2;
    }
}

} // namespace

int runCommandLine(const std::vector<std::string>& arguments, const Surroundings& around)
{
    CommandTree tree;
    addAllCommands(tree);
    if (const auto ended = parse(tree.root(), arguments, around); ended >= 0) return ended;
    const Handler checking = [](const Context& context) { return context.checkConfig(); };
    const auto* handler = tree.options().checkConfig ? &checking : tree.chosen();
    if (handler == nullptr) {
        around.err << tree.root().help();
        return 2;
    }
    auto configured = around;
    configured.places.option = tree.options().config;
    const auto status = (*handler)(Context(configured, tree.options()));
    if (!status) around.err << "perennial: " << status.error().message << '\n';
    if (!around.out.flush() && status) {
        around.err << "perennial: the output could not be written\n";
        return 1;
    }
    return exitStatusOf(status);
}

} // namespace perennial::cli
