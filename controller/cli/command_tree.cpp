#include "controller/cli/command_tree.h"

namespace perennial::cli {

CommandTree::CommandTree()
    : root_("What the operator of Perennial types: certificates, renewals, "
            "policies, agents and the audit log.",
          "perennial")
{
    root_.set_version_flag("--version", "perennial " PERENNIAL_VERSION, "print the version");
    root_.set_help_flag("-h,--help", "print this help");
    root_.add_option("--config", options_.config, "perennial.yaml")->type_name(fileType);
    root_.add_flag("--check-config", options_.checkConfig,
        "read the configuration and the files that it names, say what is wrong, and end");
    root_.add_flag("--json", options_.json, "print JSON, as the API gives it");
    root_.footer("Exit status: 0 done, 1 failed or refused, 2 wrong use or configuration,\n"
                 "4 not reached: try again later. perennial(1) tells more.");
    root_.require_subcommand(0, 1);
    root_.fallthrough();
}

CLI::App& CommandTree::add(
    CLI::App& parent, const std::string& name, const std::string& what, Handler handler)
{
    auto* command = parent.add_subcommand(name, what);
    command->group("Commands");
    command->footer("");
    if (handler)
        handlers_[command] = std::move(handler);
    else
        command->require_subcommand(1);
    return *command;
}

const Handler* CommandTree::chosen() const
{
    const CLI::App* at = &root_;
    while (!at->get_subcommands().empty())
        at = at->get_subcommands().front();
    const auto found = handlers_.find(at);
    return found == handlers_.end() ? nullptr : &found->second;
}

void addAllCommands(CommandTree& tree)
{
    addStatusCommand(tree);
    addAgentCommands(tree);
    addCertificateCommands(tree);
    addRenewalCommands(tree);
    addRenewCommand(tree);
    addPolicyCommands(tree);
    addAuditCommands(tree);
    addJoinTokenCommands(tree);
    addEnrollmentCommands(tree);
    addCompletionCommands(tree);
    addHelpCommand(tree);
}

} // namespace perennial::cli
