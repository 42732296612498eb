#include "agent/token_keeper/listing.h"
#include "agent/token_keeper/rights.h"
#include "shared/base/signals.h"

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
    app.require_subcommand(1);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return writeListing(module);
}
