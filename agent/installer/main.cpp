#include "agent/installer/service.h"
#include "shared/base/signals.h"

#include <CLI/CLI.hpp>
#include <iostream>

using namespace perennial;

int main(int argc, char** argv)
{
    hardenProcess();
    prepareSignals();
    CLI::App app{"Makes keys and places certificates, where the host's guard file allows it."};
    app.fallthrough(); // options may follow the subcommand
    app.set_version_flag("--version", "perennial-installer " PERENNIAL_VERSION);
    std::string config;
    bool check = false;
    app.add_option("--config", config, "The guard file (guard.yaml)")->required();
    app.add_flag(
        "--check-config", check, "Read the guard file, say what is wrong with it, and end");
    auto* serve =
        app.add_subcommand("serve", "Answer the callers that the guard names, until stopped");
    app.require_subcommand(0, 1);
    CLI11_PARSE(app, argc, argv);

    if (!check && !serve->parsed()) {
        std::cerr << "perennial-installer: say serve or --check-config (--help tells more)\n";
        return 2;
    }
    const auto status = check ? installer::checkConfig(config) : installer::serve(config);
    if (!status) std::cerr << "perennial-installer: " << status.error().message << "\n";
    if (status && check) std::cout << "ok\n";
    return status ? 0 : 2;
}
