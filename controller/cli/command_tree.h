#pragma once

#include "controller/cli/context.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>

namespace perennial::cli {

using Handler = std::function<Status(const Context&)>;

// The commands: how each is written, and what does it.
class CommandTree {
public:
    CommandTree();

    // Below `parent`, or at the top. Without a handler one of its own commands must follow.
    CLI::App& add(
        CLI::App& parent, const std::string& name, const std::string& what, Handler handler = {});
    CLI::App& add(const std::string& name, const std::string& what, Handler handler = {})
    {
        return add(root_, name, what, std::move(handler));
    }

    CLI::App& root() { return root_; }
    const CLI::App& root() const { return root_; }
    Options& options() { return options_; }
    // What the parsed command line asks for; none: print the help.
    const Handler* chosen() const;

private:
    CLI::App root_;
    Options options_;
    std::map<const CLI::App*, Handler> handlers_;
};

// One file each.
void addStatusCommand(CommandTree& tree);
void addAgentCommands(CommandTree& tree);
void addCertificateCommands(CommandTree& tree);
void addRenewalCommands(CommandTree& tree);
void addRenewCommand(CommandTree& tree);
void addPolicyCommands(CommandTree& tree);
void addAuditCommands(CommandTree& tree);
void addJoinTokenCommands(CommandTree& tree);
void addEnrollmentCommands(CommandTree& tree);
void addRevocationCommands(CommandTree& tree, CLI::App& enrollment);
void addTemplateCommands(CommandTree& tree, CLI::App& enrollment);
void addUserCommands(CommandTree& tree, CLI::App& enrollment);
void addIssueTestCommand(CommandTree& tree, CLI::App& enrollment);
void addCompletionCommands(CommandTree& tree);
void addHelpCommand(CommandTree& tree);
void addAllCommands(CommandTree& tree);

// An option or argument that names a file or folder: shells complete it so.
inline constexpr const char* fileType = "FILE";
inline constexpr const char* folderType = "DIR";

} // namespace perennial::cli
