#include "agent/agent.h"
#include "agent/host_commands/cbom.h"
#include "agent/host_commands/command_socket.h"
#include "agent/host_commands/discovery_text.h"
#include "agent/host_commands/doctor.h"
#include "agent/host_commands/host_tables.h"
#include "agent/host_commands/join.h"
#include "agent/scanner_client.h"
#include "shared/base/environment.h"
#include "shared/base/memory.h"
#include "shared/base/periodic_task.h"
#include "shared/base/random.h"
#include "shared/base/signals.h"
#include "shared/base/terminal.h"
#include "shared/x509/key_memory.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <unistd.h>

using namespace perennial;
using namespace perennial::agent;

namespace {

struct Options {
    std::string config;
    std::string tokenFile;
    std::string hostName;
    std::string slot;
    std::string pauseTime = "1d";
    std::string pauseReason;
    DoctorOptions doctor;
    bool places = false; // the doctor's
    bool json = false;
    bool cbom = false;
};

int fail(const Error& error)
{
    std::cerr << "perennial-agent: " << error.message << '\n';
    return error.kind == ErrorKind::InvalidInput ? 2 : error.kind == ErrorKind::Unavailable ? 4 : 1;
}

Status checkSigners(const AgentConfig& config)
{
    if (!config.policySigners) return {};
    PosixFileSystem files;
    const auto opened = SignedPolicies::open(files, *config.policySigners, config.state);
    if (!opened) return opened.error();
    return {};
}

// Whether the password is there is for the enroller to find out: it may come with the unit.
Status checkCredentials(const AgentConfig& config)
{
    PosixFileSystem files;
    for (const auto& credential : config.credentials) {
        const auto where = "trust_file of credential " + credential.name;
        const auto pem = files.read(credential.trustFile, 256U << 10U);
        if (!pem) return Error{ErrorKind::InvalidInput, where + ": " + pem.error().message};
        const auto anchors = x509::Certificate::allFromPem(*pem);
        if (!anchors || anchors->empty())
            return Error{ErrorKind::InvalidInput,
                where + ": " + credential.trustFile + " holds no certificate"};
    }
    return {};
}

int runDaemon(const AgentConfig& config, const Clock& clock)
{
    const Log log("perennial-agent");
    PosixFileSystem files;
    const auto agent = Agent::open(config, files, clock, log);
    if (!agent) return fail(agent.error());
    const auto socket = CommandSocket::listen(
        config.socket, [&](const Json& command) { return (*agent)->answerCommand(command); }, log);
    if (!socket) return fail(socket.error());
    (*agent)->start();
    log.info(config.alone() ? "running without a controller"
                            : "running; the controller is " + config.controllerUrl);
    while (waitForSignal() != Signal::Stop)
        log.warning("agent.yaml is read at start: restart to read it again");
    log.info("stopping; renewals under way go on at the next start");
    return 0;
}

int runJoin(const AgentConfig& config, const Options& options, const Clock& clock)
{
    PosixFileSystem files;
    std::string token;
    if (options.tokenFile == "-") {
        std::getline(std::cin, token);
    } else {
        const auto text = files.read(options.tokenFile, 4096);
        if (!text) return fail(text.error());
        token = *text;
    }
    const auto joined = join(config, files, clock, token, options.hostName);
    if (!joined) return fail(joined.error());
    if (options.json)
        std::cout << "{\"agent_id\":\"" << *joined << "\"}\n";
    else
        std::cout << "joined as " << *joined << '\n';
    return 0;
}

int show(const AgentConfig& config, const Json& command, const Options& options)
{
    const auto answer = askAgent(config.socket, command);
    if (!answer) return fail(answer.error());
    if (const auto* error = answer->find("error"); error != nullptr && error->string() != nullptr) {
        std::cerr << "perennial-agent: " << *error->string() << '\n';
        return 1;
    }
    std::cout << (options.json ? answer->pretty() + "\n"
                               : asText(*command.find("command")->string(), *answer));
    return 0;
}

// A whole host takes minutes the first time: who watches a terminal sees that it goes on.
Result<model::InventoryReport> scanWatched(const AgentConfig& config, const Clock& clock)
{
    const auto terminal = inspectTerminal(STDERR_FILENO, "", environmentOf("TERM"));
    if (!terminal.isTerminal) return scan(config.scanner);
    const auto begun = clock.monotonic();
    std::optional<PeriodicTask> telling;
    telling.emplace(std::chrono::seconds(1), [&] {
        const auto passed = std::chrono::duration_cast<Duration>(clock.monotonic() - begun);
        std::cerr << "\rreading files and looking at listeners: " << passed.count()
                  << " s, 600 at most " << std::flush;
    });
    auto report = scan(config.scanner);
    telling.reset();
    std::cerr << "\r" << std::string(60, ' ') << "\r" << std::flush;
    return report;
}

// Scans now, without the daemon: what would be found, as it would be reported.
int discover(const AgentConfig& config, const Options& options, const Clock& clock)
{
    const auto report = scanWatched(config, clock);
    if (!report) return fail(report.error());
    if (options.cbom)
        std::cout << toCbom(*report, localHostName(), uuidV4()).pretty() << '\n';
    else if (options.json)
        std::cout << discoveryJson(*report).pretty() << '\n';
    else
        std::cout << discoveryText(*report, clock.now(),
            inspectTerminal(STDOUT_FILENO, environmentOf("NO_COLOR"), environmentOf("TERM")));
    return 0;
}

int runDoctor(const AgentConfig& config, Options& options)
{
    options.doctor.credentialsFolder = environmentOf("CREDENTIALS_DIRECTORY");
    const auto report =
        options.places ? examinePlaces(config) : examineEnrollment(config, options.doctor);
    if (!report) return fail(report.error());
    std::cout << (options.json ? report->pretty() + "\n" : doctorText(*report));
    const auto* bad = report->find("bad");
    return bad != nullptr && bad->integer() != nullptr && *bad->integer() == 0 ? 0 : 1;
}

// Who would ask, by Kerberos or with a password that lies somewhere.
void addDoctorCaller(CLI::App& command, CLI::Option* url, DoctorOptions& options)
{
    auto* principal = command.add_option("--principal", options.principal, "who, by Kerberos");
    auto* user = command.add_option("--user", options.userName, "who, with a password");
    principal->needs(url);
    user->needs(url);
    auto* ways = command.add_option_group("credentials", "one of these with --policy-url");
    auto* keytab =
        ways->add_option("--keytab-file", options.keytabFile, "the principal's key, mode 0600");
    keytab->needs(principal)->excludes(user);
    principal->needs(keytab);
    for (const std::string where : {"file", "credential", "key"}) {
        const auto keep = [&options, where](const std::string& place) {
            options.passwordMember = "password_" + where;
            options.passwordPlace = place;
        };
        ways->add_option_function<std::string>(
                "--password-" + where, keep, "as for perennial-enroller first")
            ->needs(user);
    }
    ways->require_option(0, 1);
    command.callback([&options] {
        const bool proven = !options.keytabFile.empty() || !options.passwordMember.empty();
        if (!options.policyUrl.empty() && !proven)
            throw CLI::RequiredError("--keytab-file or one of --password-...");
    });
}

void addDoctorOptions(CLI::App& command, DoctorOptions& options)
{
    command.add_option("--service", options.service, "an enrollment-service of the policies")
        ->required();
    auto* certificate = command.add_option("--certificate-file", options.certificateFile,
        "a certificate of that service; otherwise that of a slot");
    auto* key = command.add_option("--key-file", options.keyFile, "its key");
    certificate->needs(key);
    key->needs(certificate);
    auto* url = command.add_option("--policy-url", options.policyUrl,
        "CEP address: looks at a first enrolment there instead of a renewal");
    auto* ofTemplate = command.add_option("--template", options.templateName, "to enrol from");
    url->needs(ofTemplate)->excludes(certificate);
    ofTemplate->needs(url);
    command.add_option("--name", options.name, "DNS name to enrol for; without it this host's")
        ->needs(url);
    command.add_option("--key-type", options.keyType, "without it, what the template wants")
        ->needs(url);
    addDoctorCaller(command, url, options);
}

CLI::App* addDoctor(CLI::App& app, Options& options)
{
    auto* doctor = app.add_subcommand("doctor", "find out what stands against a renewal");
    doctor->require_subcommand(1);
    doctor->fallthrough();
    addDoctorOptions(*doctor->add_subcommand("enrollment",
                         "look at a CEP and CES step by step; sends nothing that could issue"),
        options.doctor);
    doctor
        ->add_subcommand("places", "look at the places where policies want a certificate: "
                                   "credential, guard, folder, names")
        ->callback([&options] { options.places = true; });
    return doctor;
}

Json commandFor(const std::string& name, const Options& options)
{
    Json command;
    command["command"] = name;
    if (!options.slot.empty()) command["slot"] = options.slot;
    if (name == "pause") {
        command["time"] = options.pauseTime;
        command["reason"] = options.pauseReason;
    }
    return command;
}

// Those that the running agent answers.
std::vector<CLI::App*> addHostCommands(CLI::App& app, Options& options)
{
    const auto ofSlot = [&](const char* name, const char* text) {
        auto* command = app.add_subcommand(name, text);
        command->add_option("slot", options.slot, "slot id, as `slots` shows it")->required();
        return command;
    };
    auto* pause = ofSlot(
        "pause", "hold renewals of one slot back, at the longest until the last tenth of its life");
    pause->add_option("--for", options.pauseTime, "how long, at most 30d; a day when left out");
    pause->add_option("--reason", options.pauseReason, "why; the audit log has it");
    auto* superseded = app.add_subcommand(
        "superseded", "the certificates that were replaced, and how each is revoked");
    superseded->add_option("slot", options.slot, "of this slot, with the certificates in PEM");
    return {superseded, app.add_subcommand("status", "what the running agent knows"),
        app.add_subcommand("slots", "the certificates on this host, and which policy rules each"),
        ofSlot("explain", "why a slot is or is not being renewed, when, and what happened last"),
        ofSlot("renew", "renew one slot now"), pause, ofSlot("resume", "end the pause of a slot"),
        app.add_subcommand("scan", "ask the running agent to scan now")};
}

} // namespace

int main(int argc, char** argv)
{
    keepHeapSmall();
    prepareSignals();
    hardenProcess();
    x509::lockKeyMemory(x509::keyMemoryOfAProgram);
    CLI::App app("Keeps this host's certificates alive: finds them, renews them with new keys, "
                 "installs them and proves "
                 "that they are served.");
    app.set_version_flag("--version", "perennial-agent " PERENNIAL_VERSION);
    app.footer("Exit status: 0 done, 1 failed, 2 wrong use or configuration, 4 nobody answered: "
               "try again later.");
    Options options;
    bool onlyCheck = false;
    app.add_option("--config", options.config, "agent.yaml")
        ->default_val("/etc/perennial/agent.yaml");
    app.add_flag("--check-config", onlyCheck, "read the configuration, say what is wrong");
    app.fallthrough();
    app.require_subcommand(0, 1);
    auto* runCommand = app.add_subcommand("run", "the daemon");
    auto* joinCommand = app.add_subcommand("join", "join a controller with a one-time token");
    joinCommand->add_option("--token-file", options.tokenFile, "the token; - reads standard input")
        ->required();
    joinCommand->add_option(
        "--host", options.hostName, "this host's name as the operator bound it to the token");
    const auto hostCommands = addHostCommands(app, options);
    auto* discoverCommand =
        app.add_subcommand("discover", "scan now and print what is found; reports nothing");
    discoverCommand->add_flag(
        "--cbom", options.cbom, "a cryptographic bill of materials (CycloneDX 1.6 JSON)");
    const auto* doctor = addDoctor(app, options);
    app.add_flag("--json", options.json, "print JSON");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }

    auto config = readAgentConfig(options.config);
    if (!config) return fail(config.error());
    config->credentialsFolder = environmentOf("CREDENTIALS_DIRECTORY");
    if (onlyCheck) {
        if (auto signers = checkSigners(*config); !signers) return fail(signers.error());
        if (auto trusted = checkCredentials(*config); !trusted) return fail(trusted.error());
        std::cout << options.config << ": ok\n";
        return 0;
    }
    const SystemClock clock;
    if (*runCommand) return runDaemon(*config, clock);
    if (*joinCommand) return runJoin(*config, options, clock);
    for (const auto* asked : hostCommands)
        if (*asked) return show(*config, commandFor(asked->get_name(), options), options);
    if (*discoverCommand) return discover(*config, options, clock);
    if (*doctor) return runDoctor(*config, options);
    std::cerr << app.help();
    return 2;
}
