#include "controller/cli/command_tree.h"
#include "controller/cli/completion_words.h"
#include "shared/base/process.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <set>

using namespace perennial;
using namespace perennial::test;

namespace {

const std::string folder = std::string(PERENNIAL_SOURCE_DIR) + "/docs/man";

// As man shows it, in very long lines, so that no name is divided.
Finished rendered(const std::string& file)
{
    const auto done =
        run({"/usr/bin/man", {"--warnings", "-E", "UTF-8", "-P", "/bin/cat", "-l", file},
            {{"LC_ALL", "C.UTF-8"}, {"MANWIDTH", "2000"}, {"PATH", "/usr/bin:/bin"},
                {"MAN_KEEP_FORMATTING", ""}},
            "", {}});
    REQUIRE_MESSAGE(done, done.error().message);
    return *done;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("every manual page renders without a warning and has the usual sections")
{
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const auto page = rendered(entry.path());
        CHECK_MESSAGE(page.status == 0, entry.path());
        CHECK_MESSAGE(page.errorOutput.empty(), page.errorOutput);
        for (const char* section : {"NAME\n", "SYNOPSIS\n", "DESCRIPTION\n", "EXIT STATUS\n"})
            CHECK_MESSAGE(contains(page.output, section), entry.path(), " lacks ", section);
        CHECK(contains(page.output, entry.path().stem().string() + " - "));
        names.insert(entry.path().filename());
    }
    CHECK(names == std::set<std::string>{"perennial.1", "perennial-agent.8",
                       "perennial-controller.8", "perennial-enroller.8", "perennial-enrollment.8",
                       "perennial-installer.8", "perennial-scanner.8", "perennial-token-keeper.8"});
}

TEST_CASE("a page with a mistake in it does not render without a warning")
{
    const TemporaryFolder own;
    const auto page = own.write("wrong.1", ".TH WRONG 1\n.SH NAME\nwrong \\- wrong\n.NOSUCH x\n");
    CHECK_FALSE(rendered(page).errorOutput.empty());
}

TEST_CASE("perennial(1) names every command and every option of each")
{
    const auto page = rendered(folder + "/perennial.1").output;
    cli::CommandTree tree;
    addAllCommands(tree);
    std::size_t commands = 0;
    for (const auto& command : cli::allCommandWords(tree.root())) {
        for (const auto& option : command.options)
            CHECK_MESSAGE(contains(page, option.names.back()), command.path, " ", option.what);
        // Those that only lead to others are named by the others.
        const bool leads = !command.commands.empty() && command.path != "agents" &&
                           command.path != "renewals" && command.path != "policies";
        if (leads) continue;
        CHECK_MESSAGE(contains(page, "perennial " + command.path), command.path);
        ++commands;
    }
    CHECK(commands > 20);
}
