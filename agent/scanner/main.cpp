#include "agent/scanner/scanner.h"
#include "agent/scanner/source_memory.h"
#include "plugins/builtin_plugins.h"
#include "shared/base/signals.h"
#include "shared/protocol/scan_report.h"
#include "shared/x509/key_memory.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <malloc.h>

using namespace perennial;

namespace {

constexpr Duration handshakeLimit{2};

int fail(const Error& error, int status)
{
    std::cerr << "perennial-scanner: " << error.message << '\n';
    return status;
}

int scanOnce(FileSystem& files, scanner::ScannerConfig& config)
{
    const SystemClock clock;
    const scanner::Scanner scanner(files, clock, scanner::handshakeLook(handshakeLimit));
    auto report = scanner.scan(config.sources);
    if (!report) return fail(report.error(), 1);
    protocol::writeScanReport(std::cout, *std::move(report));
    std::cout << std::flush;
    if (!std::cout) return fail({ErrorKind::Unavailable, "the report cannot be written"}, 1);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    ::mallopt(M_ARENA_MAX, 1); // the parsing thread would have a heap of its own
    std::ios::sync_with_stdio(false);
    hardenProcess();
    x509::lockKeyMemory(x509::keyMemoryOfAProgram);
    std::signal(SIGPIPE, SIG_IGN); // a reader that leaves early is a failed write
    CLI::App app("Finds the certificates of this host by reading files and looking at local "
                 "listeners. Changes nothing; private keys are never part of what it writes.");
    app.fallthrough(); // options may follow the subcommand
    app.set_version_flag("--version", "perennial-scanner " PERENNIAL_VERSION);
    app.footer("Exit status: 0 done, 1 no source could be read, 2 wrong use or configuration.");
    std::string config;
    bool check = false;
    app.add_option("--config", config, "scanner.yaml")->required();
    app.add_flag("--check-config", check, "read the configuration, say what is wrong, and end");
    const auto* scan =
        app.add_subcommand("scan", "write the inventory report as JSON to standard output");
    app.require_subcommand(0, 1);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (!check && !scan->parsed())
        return fail({ErrorKind::InvalidInput, "say scan or --check-config (--help tells more)"}, 2);

    PluginRegistry plugins;
    if (auto status = plugins::registerDiscoverySources(plugins); !status)
        return fail(status.error(), 1);
    PosixFileSystem files;
    auto loaded = scanner::loadConfig(files, config, plugins);
    if (!loaded) return fail(loaded.error(), 2);
    if (check) {
        std::cout << "ok\n";
        return 0;
    }
    if (!loaded->state.empty()) scanner::forgetOthers(files, loaded->state, loaded->sources);
    return scanOnce(files, *loaded);
}
