#include "agent/token_keeper/keeper.h"
#include "agent/token_keeper/listing.h"
#include "agent/token_keeper/rights.h"
#include "shared/base/connection_server.h"
#include "shared/base/signals.h"
#include "shared/base/trusted_path.h"

#include <CLI/CLI.hpp>
#include <iostream>

using namespace perennial;
using namespace perennial::token_keeper;

namespace {

int fail(const Error& error)
{
    std::cerr << "perennial-token-keeper: " << error.message << '\n';
    return 1;
}

int writeListing(const std::string& path)
{
    if (auto status = giveUpRights(); !status) return fail(status.error());
    const auto module = pkcs11::Module::load(path);
    if (!module) return fail(module.error());
    std::cout << model::toJsonText(list(**module)) << '\n' << std::flush;
    return std::cout ? 0 : 1;
}

constexpr Duration childLife{900};
constexpr Duration idleUnderSystemd{60};

Result<UnixSocket> listen(const KeeperConfig& config)
{
    if (auto status = checkFolders(config.socket); !status) return status.error();
    return UnixSocket::listen(config.socket, config.socketMode);
}

// What loads the module is a child each time: this process stays as it is.
Status serve(const std::filesystem::path& file)
{
    const Log log("perennial-token-keeper");
    const auto config = loadConfig(file);
    if (!config) return config.error();
    const auto turns = Turns::make();
    if (!turns) return turns.error();
    auto passed = UnixSocket::fromSystemd();
    auto made = passed.empty() ? listen(*config) : Result<UnixSocket>(std::move(passed.front()));
    if (!made) return made.error();
    ConnectionServing how;
    how.serve = [&](const UnixSocket& caller) { answerCaller(caller, file, *turns, log); };
    how.mostChildren = 16;
    how.childLife = childLife;
    if (!passed.empty()) how.idleLife = idleUnderSystemd;
    log.info("ready");
    return serveConnections(*made, how);
}

} // namespace

int main(int argc, char** argv)
{
    hardenProcess();
    prepareSignals();
    CLI::App app("Works with keys in PKCS#11 tokens, whose modules it alone loads.");
    app.set_version_flag("--version", "perennial-token-keeper " PERENNIAL_VERSION);
    app.footer("Exit status: 0 done, 1 failed, 2 wrong use.");
    std::string module;
    auto* listing = app.add_subcommand("list",
        "write what anybody can see in the module's tokens, as JSON; how perennial-scanner "
        "uses it");
    listing->add_option("--module", module, "absolute path of the PKCS#11 module")->required();
    std::string config;
    auto* serving = app.add_subcommand(
        "serve", "make, rename, destroy and lend keys in one token, for perennial-installer");
    auto* checking =
        app.add_subcommand("check", "read the configuration, say what is wrong with it");
    for (auto* command : {serving, checking})
        command->add_option("--config", config, "token.yaml")->required();
    app.require_subcommand(1);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (*listing) return writeListing(module);
    const auto file = std::filesystem::absolute(config).lexically_normal();
    if (*checking) {
        const auto checked = loadConfig(file);
        if (checked) std::cout << "ok\n";
        return checked ? 0 : fail(checked.error());
    }
    const auto served = serve(file);
    return served ? 0 : fail(served.error());
}
