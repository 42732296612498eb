#include "controller/controller.h"
#include "controller/maintenance.h"
#include "plugins/builtin_plugins.h"
#include "shared/base/signals.h"
#include "shared/http/server/api_roles.h"
#include "shared/x509/key_memory.h"

#include <CLI/CLI.hpp>
#include <iostream>

using namespace perennial;
using namespace perennial::controller;

namespace {

struct Options {
    std::string config;
    std::string name;
    std::string role;
    std::string tokenFile;
    std::string folder;
};

int report(const Status& status)
{
    if (status) return 0;
    std::cerr << "perennial-controller: " << status.error().message << '\n';
    return status.error().kind == ErrorKind::InvalidInput ? 2 : 1;
}

Status runDaemon(const ControllerConfig& config, FileSystem& files, const Clock& clock)
{
    const Log log("perennial-controller");
    PluginRegistry plugins;
    if (auto registered = plugins::registerAuditSinks(plugins); !registered) return registered;
    const auto controller = Controller::open(config, files, clock, log, plugins);
    if (!controller) return controller.error();
    if (auto started = (*controller)->start(); !started) return started;
    while (waitForSignal() != Signal::Stop)
        log.warning("controller.yaml is read at start: restart to read it again");
    log.info("stopping");
    (*controller)->stop();
    return {};
}

} // namespace

int main(int argc, char** argv)
{
    prepareSignals();
    hardenProcess();
    x509::lockKeyMemory(x509::keyMemoryOfAServer);
    CLI::App app("Holds the desired state from git, decides when each renewal happens, keeps the "
                 "audit log.");
    app.set_version_flag("--version", "perennial-controller " PERENNIAL_VERSION);
    app.footer("Exit status: 0 done, 1 failed, 2 wrong use or configuration.");
    Options options;
    bool onlyCheck = false;
    app.add_option("--config", options.config, "controller.yaml")
        ->default_val("/etc/perennial/controller.yaml");
    app.add_flag("--check-config", onlyCheck, "read the configuration, say what is wrong");
    app.fallthrough();
    app.require_subcommand(0, 1);
    auto* init = app.add_subcommand("init", "make database, authority and audit log");
    auto* runCommand = app.add_subcommand("run", "the daemon");
    bool acceptRestoredLog = false;
    runCommand->add_flag("--accept-restored-log", acceptRestoredLog,
        "go on with an audit log that ends before its newest checkpoint; an event says so");
    auto* operators = app.add_subcommand("operator", "who may use the operator API");
    auto* add = operators->add_subcommand("add", "make a token");
    add->add_option("--name", options.name)->required();
    add->add_option("--role", options.role)->required()->check(CLI::IsMember(http::apiRoles));
    add->add_option("--token-file", options.tokenFile, "written, mode 0600; must not exist")
        ->required();
    operators->require_subcommand(1);
    auto* backupCommand =
        app.add_subcommand("backup", "copy everything into a new folder, while running");
    backupCommand->add_option("--to", options.folder)->required();
    auto* restoreCommand =
        app.add_subcommand("restore", "from a backup, into an empty state folder");
    restoreCommand->add_option("--from", options.folder)->required();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }

    auto config = readControllerConfig(options.config);
    if (!config) return report(config.error());
    config->acceptRestoredLog = acceptRestoredLog;
    if (onlyCheck) {
        std::cout << options.config << ": ok\n";
        return 0;
    }
    const SystemClock clock;
    PosixFileSystem files;
    if (*init) return report(initialise(*config, files, clock));
    if (*runCommand) return report(runDaemon(*config, files, clock));
    if (*add)
        return report(addOperator(*config, files, options.name, options.role, options.tokenFile));
    if (*backupCommand) return report(backup(*config, files, clock, options.folder));
    if (*restoreCommand) return report(restore(*config, files, options.folder));
    std::cerr << app.help();
    return 2;
}
