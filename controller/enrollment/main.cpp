#include "controller/enrollment/commands/commands.h"
#include "shared/base/signals.h"
#include "shared/http/server/api_roles.h"
#include "shared/x509/key_memory.h"

#include <CLI/CLI.hpp>
#include <iostream>

using namespace perennial;
using namespace perennial::enrollment::server;

namespace {

struct Options {
    std::string config;
    std::string name;
    std::string file;
    std::string role;
    std::vector<std::string> groups;
    TestCertificate test;
    std::string validFrom;
    std::string validFor;
};

// "-80d" or "5m": relative to now.
Result<Duration> relativeTime(const std::string& text)
{
    const bool past = !text.empty() && text.front() == '-';
    auto duration = durationFromText(past ? text.substr(1) : text);
    if (!duration) return duration.error();
    return past ? -*duration : *duration;
}

Status issueTest(const EnrollmentConfig& config, Options& options, const Clock& clock)
{
    const auto from = relativeTime(options.validFrom);
    if (!from) return from.error().in("--valid-from");
    const auto life = durationFromText(options.validFor);
    if (!life) return life.error().in("--valid-for");
    options.test.validFrom = *from;
    options.test.validFor = *life;
    return issueTestCertificate(config, options.test, clock);
}

void addTestOptions(CLI::App& command, Options& options)
{
    command.add_option("--template", options.test.templateName, "template name")->required();
    command.add_option("--name", options.test.name, "DNS name")->required();
    command.add_option("--valid-from", options.validFrom, "relative to now, such as -80d")
        ->default_val("0s");
    command.add_option("--valid-for", options.validFor, "such as 90d")->default_val("90d");
    command
        .add_option("--certificate-file", options.test.certificateFile, "written; must not exist")
        ->required();
    command.add_option("--key-file", options.test.keyFile, "written, mode 0600; must not exist")
        ->required();
    command.add_flag("--renewable", options.test.renewable,
        "for labs: renewals of it are not refused, and give certificates of full life");
}

int report(const Status& status)
{
    if (status) return 0;
    std::cerr << "perennial-enrollment: " << status.error().message << '\n';
    return status.error().kind == ErrorKind::InvalidInput ? 2 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    prepareSignals();
    hardenProcess();
    x509::lockKeyMemory(x509::keyMemoryOfAServer);
    CLI::App app(
        "CEP and CES with an embedded authority: certificate enrolment as Windows, certmonger and "
        "Perennial speak it.");
    app.set_version_flag("--version", "perennial-enrollment " PERENNIAL_VERSION);
    Options options;
    bool onlyCheck = false;
    app.add_option("--config", options.config, "enrollment.yaml")
        ->default_val("/etc/perennial/enrollment.yaml");
    app.add_flag(
        "--check-config", onlyCheck, "read configuration, templates and users, say what is wrong");
    app.fallthrough();
    app.require_subcommand(0, 1);
    auto* init = app.add_subcommand("init", "make authorities, TLS certificate and database");
    auto* runCommand = app.add_subcommand("run", "serve until stopped");
    auto* rootList = app.add_subcommand("root-crl", "sign the root's CRL anew, for 400 days");
    auto* user = app.add_subcommand("user", "users of username/password authentication");
    auto* userAdd = user->add_subcommand("add", "add a user, or change the password");
    userAdd->add_option("--name", options.name)->required();
    userAdd->add_option("--password-file", options.file, "mode 0600")->required();
    userAdd->add_option("--group", options.groups, "may be repeated");
    user->require_subcommand(1);
    auto* admin = app.add_subcommand("admin", "who may use the admin API");
    auto* adminAdd = admin->add_subcommand("add", "make a token");
    adminAdd->add_option("--name", options.name)->required();
    adminAdd->add_option("--role", options.role)->required()->check(CLI::IsMember(http::apiRoles));
    adminAdd->add_option("--token-file", options.file, "written, mode 0600; must not exist")
        ->required();
    admin->require_subcommand(1);
    auto* test = app.add_subcommand("issue-test", "issue a certificate for trying things out");
    addTestOptions(*test, options);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }

    const auto config = readEnrollmentConfig(options.config);
    if (!config) return report(config.error());
    const SystemClock clock;
    if (onlyCheck) {
        const auto status = checkConfig(*config);
        if (status) std::cout << options.config << ": ok\n";
        return report(status);
    }
    if (*init) return report(initialise(*config, clock));
    if (*rootList) return report(renewRootList(*config, clock));
    if (*runCommand) return report(serve(*config, clock));
    if (*userAdd)
        return report(addUser(*config, options.name, options.file,
            {options.groups.begin(), options.groups.end()}, clock));
    if (*adminAdd)
        return report(addAdmin(*config, {options.name, options.role}, options.file, clock));
    if (*test) return report(issueTest(*config, options, clock));
    std::cerr << app.help();
    return 2;
}
