#include "agent/scanner/scanner.h"
#include "plugins/builtin_plugins.h"
#include "shared/base/signals.h"
#include "shared/protocol/agent_messages.h"
#include "shared/x509/key_memory.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

using namespace perennial;

namespace {

constexpr Duration handshakeLimit{2};

int fail(const Error& error, int status)
{
    std::cerr << "perennial-scanner: " << error.message << '\n';
    return status;
}

int scanOnce(const FileSystem& files, const std::vector<scanner::NamedSource>& sources)
{
    const SystemClock clock;
    const scanner::Scanner scanner(files, clock, scanner::handshakeLook(handshakeLimit));
    const auto report = scanner.scan(sources);
    if (!report) return fail(report.error(), 1);
    std::cout << protocol::toJson(*report).canonical() << '\n' << std::flush;
    if (!std::cout) return fail({ErrorKind::Unavailable, "the report cannot be written"}, 1);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
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
    const PosixFileSystem files;
    const auto sources = scanner::loadSources(files, config, plugins);
    if (!sources) return fail(sources.error(), 2);
    if (check) {
        std::cout << "ok\n";
        return 0;
    }
    return scanOnce(files, *sources);
}
