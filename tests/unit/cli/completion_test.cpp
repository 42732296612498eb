#include "controller/cli/completion.h"

#include "controller/cli/command_tree.h"
#include "tests/support/child_process.h"
#include "tests/support/golden.h"
#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

// What bash would offer at the end of these words, sorted by bash itself, in a line.
std::string offered(const Cli& cli, const std::string& script, const std::string& words)
{
    const auto harness = cli.home.write("harness", ". \"$1\" 2>/dev/null\n"
                                                   "compopt() { :; }\n"
                                                   "COMP_WORDS=(" +
                                                       words +
                                                       ")\n"
                                                       "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                                                       "_perennial\n"
                                                       "echo \"${COMPREPLY[*]}\"\n");
    auto output = mustRun({"/bin/bash", "--norc", harness, script});
    if (!output.empty()) output.pop_back();
    return output;
}

} // namespace

TEST_CASE("the completion for bash is made from the commands themselves")
{
    checkGolden("cli/completion.bash", Cli().run({"completion", "bash"}).out);
}

TEST_CASE("the completion for zsh is made from the commands themselves")
{
    checkGolden("cli/completion.zsh", Cli().run({"completion", "zsh"}).out);
}

TEST_CASE("the completion for fish is made from the commands themselves")
{
    checkGolden("cli/completion.fish", Cli().run({"completion", "fish"}).out);
}

TEST_CASE("bash reads the completion and completes with it")
{
    Cli cli;
    const auto script = cli.home.write("completion.bash", cli.run({"completion", "bash"}).out);
    CHECK(mustRun({"/bin/bash", "-n", script}).empty());
    CHECK(offered(cli, script, "perennial st") == "status");
    CHECK(offered(cli, script, "perennial audit ''") == "tail verify prove consistency");
    CHECK(offered(cli, script, "perennial --config x audit ve") == "verify");
    CHECK(offered(cli, script, "perennial audit verify --v") == "--vkey --version");
    CHECK(offered(cli, script, "perennial enrollment requests --state p") == "pending");
    CHECK(offered(cli, script, "perennial certificates --agent audit --pol") == "--policy");
    CHECK(offered(cli, script, "perennial certificates --name ''").empty());
    const auto file = cli.home.write("policies.yaml", "");
    CHECK(offered(cli, script,
              "perennial policies check '" + file.substr(0, file.size() - 3) + "'") == file);
}

TEST_CASE("every command and option is described")
{
    cli::CommandTree tree;
    addAllCommands(tree);
    std::vector<const CLI::App*> waiting = {&tree.root()};
    std::size_t seen = 0;
    while (!waiting.empty()) {
        const auto* app = waiting.back();
        waiting.pop_back();
        ++seen;
        CHECK_FALSE(app->get_description().empty());
        for (const auto* option : app->get_options({}))
            CHECK_MESSAGE(
                !option->get_description().empty(), app->get_name(), " ", option->get_name());
        for (const auto* below : app->get_subcommands([](const CLI::App*) { return true; }))
            waiting.push_back(below);
    }
    CHECK(seen > 25);
}

TEST_CASE("help describes each command, on standard output")
{
    Cli cli;
    CHECK(cli.run({"help"}).out == cli.run({"--help"}).out);
    CHECK(cli.run({"help", "audit", "verify"}).out == cli.run({"audit", "verify", "--help"}).out);
    CHECK(contains(cli.run({"help", "audit", "verify"}).out, "Usage: perennial audit verify"));
    CHECK(cli.run({"help", "nothing"}).status == 2);
    CHECK(contains(cli.run({"--version"}).out, "perennial " PERENNIAL_VERSION));
    const auto nothing = cli.run({});
    CHECK(nothing.status == 2);
    CHECK(nothing.out.empty());
    CHECK(contains(nothing.err, "Usage: perennial"));
    CHECK(cli.run({"nonsense"}).status == 2);
    CHECK(cli.run({"status", "--nonsense"}).status == 2);
}
