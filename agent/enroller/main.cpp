#include "agent/enroller/enroller_task.h"
#include "agent/enroller/examination.h"
#include "agent/enroller/first_enrollment.h"
#include "agent/enroller/holder_revocation.h"
#include "agent/enroller/key_loan.h"
#include "agent/enroller/new_enrollment.h"
#include "plugins/builtin_plugins.h"
#include "shared/base/memory.h"
#include "shared/base/signals.h"
#include "shared/base/unix_socket.h"
#include "shared/x509/key_memory.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <iterator>

using namespace perennial;
using namespace perennial::agent;

namespace {

constexpr std::size_t taskLimit = 2U << 20U;
constexpr Duration journalPatience{30}; // the lent keys are held no longer

EnrollerOutcome perform(const EnrollerTask& task, const std::unique_ptr<Issuer>& issuer)
{
    if (task.operation == EnrollerTask::Operation::Revoke) return revokeReplaced(task);
    if (task.enrollment) return enrollAnew(task, *issuer);
    const auto material = borrowKeys(task);
    if (!material) return material.error();
    switch (task.operation) {
    case EnrollerTask::Operation::Prepare: {
        auto prepared = issuer->prepareRenewal(*material);
        if (!prepared) return prepared.error();
        return *std::move(prepared);
    }
    case EnrollerTask::Operation::Submit:
        return asOutcome(issuer->submit(task.prepared, *material));
    case EnrollerTask::Operation::Poll: return asOutcome(issuer->poll(task.ticket, *material));
    case EnrollerTask::Operation::Revoke: break;
    }
    return Error{ErrorKind::Internal, "unknown operation"};
}

Result<Json> readJson(const std::string& text)
{
    Json::Limits limits;
    limits.bytes = taskLimit;
    auto json = Json::parse(text, limits);
    if (!json) return json.error().in("task");
    return json;
}

Result<EnrollerTask> readTask(const std::string& text)
{
    const auto json = readJson(text);
    if (!json) return json.error();
    return enrollerTaskFromJson(*json);
}

// Both halves of a renewal by one process, so that it starts and borrows once. Whoever called has
// what was prepared on disk before it says that it is to be sent; until then nobody is asked. It
// must be the same: a key that was lent for one order signs nothing for another.
std::optional<EnrollerAnswer> prepareThenSubmit(const EnrollerTask& task, Issuer& issuer)
{
    const auto material = borrowKeys(task);
    if (!material) return EnrollerAnswer{material.error()};
    const auto prepared = issuer.prepareRenewal(*material);
    if (!prepared) return EnrollerAnswer{prepared.error(), issuer.notes()};
    const UnixSocket caller{FileDescriptor(enrollerChannel)};
    const EnrollerAnswer first{*prepared, issuer.notes()};
    if (!caller.send(toJson(first).canonical())) return first; // then another process sends it
    const auto told = caller.receive(journalPatience);
    if (!told || told->content.empty()) return std::nullopt;
    const auto submit = readTask(told->content);
    if (!submit) return EnrollerAnswer{submit.error()};
    if (submit->operation != EnrollerTask::Operation::Submit || submit->order != task.order ||
        submit->service != task.service || submit->prepared.request != prepared->request)
        return EnrollerAnswer{Error{ErrorKind::Conflict, "told to send what was not prepared"}};
    issuer.begin({SystemClock().now(), submit->host, submit->memory});
    auto outcome = asOutcome(issuer.submit(*prepared, *material));
    return EnrollerAnswer{std::move(outcome), issuer.notes()};
}

// None: whoever called does not want the request to be sent (any more).
std::optional<EnrollerAnswer> answerTo(const EnrollerTask& task, const PluginRegistry& plugins)
{
    const auto issuer = plugins.makeIssuer(task.service.issuer, task.service);
    if (!issuer) return EnrollerAnswer{issuer.error()};
    (*issuer)->begin({SystemClock().now(), task.host, task.memory});
    if (task.waits) return prepareThenSubmit(task, **issuer);
    auto outcome = perform(task, *issuer);
    return EnrollerAnswer{std::move(outcome), (*issuer)->notes()};
}

Result<std::string> readInput()
{
    std::string input;
    char buffer[16384];
    while (std::cin.read(buffer, sizeof buffer) || std::cin.gcount() > 0) {
        input.append(buffer, static_cast<std::size_t>(std::cin.gcount()));
        if (input.size() > taskLimit)
            return Error{ErrorKind::InvalidInput, "the task is over 2 MB"};
    }
    return input;
}

int misuse(const Error& error)
{
    std::cerr << "perennial-enroller: " << error.message << '\n';
    return 2;
}

int runTask(const PluginRegistry& plugins)
{
    const auto input = readInput();
    if (!input) return misuse(input.error());
    const auto task = readTask(*input);
    if (!task) return misuse(task.error());
    giveBackMemory(); // starting some forty libraries touches much that the work does not
    const auto answer = answerTo(*task, plugins);
    if (answer) std::cout << toJson(*answer).canonical() << '\n' << std::flush;
    return 0;
}

int runDoctor(const PluginRegistry& plugins)
{
    const auto input = readInput();
    if (!input) return misuse(input.error());
    const auto json = readJson(*input);
    if (!json) return misuse(json.error());
    const auto answer = examine(*json, plugins, SystemClock().now());
    if (!answer) return misuse(answer.error());
    std::cout << answer->canonical() << '\n' << std::flush;
    return 0;
}

int runFirst(const FirstEnrollmentOptions& options, bool asJson, const PluginRegistry& plugins)
{
    PosixFileSystem files;
    const auto result = enrollFirst(options, plugins, files, SystemClock().now());
    if (!result) {
        std::cerr << "perennial-enroller: " << result.error().message << '\n';
        return isRetryable(result.error().kind) ? 4 : 1;
    }
    if (asJson) {
        Json json;
        json["state"] = result->state;
        json["serial"] = result->serial;
        std::cout << json.canonical() << '\n';
    } else if (result->state == "issued") {
        std::cout << "issued: serial " << result->serial << ", in " << options.certificateFile
                  << '\n';
    } else {
        std::cout << "pending: run the same command again after the approval (" << result->keptFile
                  << " remembers it)\n";
    }
    return result->state == "issued" ? 0 : 3;
}

// One way to prove who asks; a secret is in none of these options, only where it lies.
void addCaller(CLI::App& command, FirstEnrollmentOptions& options)
{
    auto* user = command.add_option("--user", options.caller.user, "with one of --password-...");
    auto* principal =
        command.add_option("--principal", options.caller.principal, "Kerberos: with --keytab-file");
    auto* ways = command.add_option_group("credentials", "one of these");
    const auto password = [&](const std::string& name, CredentialSource::Kind kind,
                              const std::string& help) {
        const auto keep = [&options, kind](const std::string& value) {
            options.caller.password = CredentialSource{kind, value};
        };
        ways->add_option_function<std::string>(name, keep, help)->needs(user);
    };
    password("--password-file", CredentialSource::Kind::File, "mode 0600");
    password("--password-credential", CredentialSource::Kind::Service,
        "name of a systemd credential of this process");
    password("--password-key", CredentialSource::Kind::Keyring,
        "description of a key of type user in the kernel's keyring");
    ways->add_option("--keytab-file", options.caller.keytabFile, "mode 0600")
        ->needs(principal)
        ->excludes(user);
    ways->require_option(1);
}

void addFirstOptions(CLI::App& command, FirstEnrollmentOptions& options)
{
    command
        .add_option(
            "--policy-url", options.policyUrl, "CEP address for username/password, or for Kerberos")
        ->required();
    command.add_option("--trust-file", options.trustFile, "PEM: whom to trust for TLS")->required();
    command.add_option("--issuer-trust-file", options.issuerTrustFile,
        "PEM: whose certificates to accept; without it those of --trust-file");
    addCaller(command, options);
    command.add_option("--template", options.templateName)->required();
    command.add_option("--name", options.name, "DNS name to enrol for")->required();
    command.add_option("--key-type", options.keyType, "without it, what the template wants")
        ->check(CLI::IsMember({"ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"}));
    command.add_option("--certificate-file", options.certificateFile, "written; must not exist")
        ->required();
    command.add_option("--key-file", options.keyFile, "written, mode 0600; must not exist")
        ->required();
}

// Ending forty libraries one by one takes longer than some of the work, and it is where the process
// would be largest. Keys have been wiped by their owners; what is left goes with the process.
[[noreturn]] void end(int status)
{
    std::cout.flush();
    std::cerr.flush();
    std::_Exit(status);
}

} // namespace

int main(int argc, char** argv)
{
    keepHeapSmall();
    prepareSignals();
    hardenProcess();
    x509::lockKeyMemory(x509::keyMemoryOfAProgram);
    CLI::App app("Speaks CEP and CES for one request, then ends. Without a subcommand it reads a "
                 "task as JSON from "
                 "standard input and writes the outcome to standard output: that is how "
                 "perennial-agent uses it.");
    app.set_version_flag("--version", "perennial-enroller " PERENNIAL_VERSION);
    app.footer("Exit status of `first`: 0 issued, 1 refused or failed, 2 wrong use, 3 pending, 4 "
               "try again later.");
    FirstEnrollmentOptions options;
    bool asJson = false;
    auto* first = app.add_subcommand(
        "first", "enrol for a first certificate, by user name and password or by Kerberos");
    addFirstOptions(*first, options);
    first->add_flag("--json", asJson, "print the outcome as JSON");
    auto* doctor = app.add_subcommand("doctor",
        "look at a service: reads a question as JSON, as `perennial-agent doctor` writes it");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }

    PluginRegistry plugins;
    if (auto status = plugins::registerIssuers(plugins); !status) {
        std::cerr << "perennial-enroller: " << status.error().message << '\n';
        return 1;
    }
    if (*doctor) end(runDoctor(plugins));
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    options.caller.credentialsFolder = credentials == nullptr ? "" : credentials;
    end(*first ? runFirst(options, asJson, plugins) : runTask(plugins));
}
