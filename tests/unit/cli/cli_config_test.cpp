#include "controller/cli/cli_config.h"

#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

std::string configWith(const std::string& host)
{
    return "controller: {url: \"https://" + host +
           ":8444/\", trust_file: /trust.pem, token_file: /token}\n";
}

std::string urlOf(const cli::ConfigPlaces& places)
{
    const auto config = cli::readCliConfig(PosixFileSystem(), places);
    REQUIRE_MESSAGE(config, config.error().message);
    REQUIRE(config->controller);
    CHECK_FALSE(config->enrollment);
    return config->controller->url;
}

std::string problemWith(const std::string& text)
{
    const TemporaryFolder folder;
    const auto config =
        cli::readCliConfig(PosixFileSystem(), {folder.write("perennial.yaml", text), "", "", ""});
    REQUIRE_FALSE(config);
    CHECK(config.error().kind == ErrorKind::InvalidInput);
    return config.error().message;
}

} // namespace

TEST_CASE("the configuration is looked for in the option, the environment, the home, the system")
{
    const Cli cli;
    std::filesystem::create_directories(cli.home.path() / "etc");
    const auto option = cli.home.write("option.yaml", configWith("option.test"));
    const auto environment = cli.home.write("environment.yaml", configWith("environment.test"));
    (void)cli.home.write("etc/perennial.yaml", configWith("system.test"));
    const std::string home = cli.home.path().string();

    CHECK(urlOf({"", "", home, cli.systemConfig}) == "https://system.test:8444");
    cli.writeHomeConfig(configWith("home.test"));
    CHECK(urlOf({"", "", home, cli.systemConfig}) == "https://home.test:8444");
    CHECK(urlOf({"", "", "", cli.systemConfig}) == "https://system.test:8444");
    CHECK(urlOf({"", environment, home, cli.systemConfig}) == "https://environment.test:8444");
    CHECK(urlOf({option, environment, home, cli.systemConfig}) == "https://option.test:8444");
}

TEST_CASE("without a configuration every place that was looked in is named")
{
    Cli cli;
    const auto run = cli.run({"status"});
    CHECK(run.status == 2);
    CHECK(run.out.empty());
    CHECK(contains(run.err, "no configuration found"));
    CHECK(contains(run.err, cli.homeConfig()));
    CHECK(contains(run.err, cli.systemConfig));
    CHECK(contains(run.err, "--config"));
    CHECK(contains(run.err, "PERENNIAL_CONFIG"));
}

TEST_CASE("a file that was named must be there: no other takes its place")
{
    Cli cli;
    cli.writeHomeConfig(configWith("home.test"));
    const auto missing = cli.home / "missing.yaml";
    auto run = cli.run({"status", "--config", missing});
    CHECK(run.status == 2);
    CHECK(contains(run.err, missing));
    CHECK(contains(run.err, "--config"));
    cli.environmentConfig = missing;
    run = cli.run({"status"});
    CHECK(run.status == 2);
    CHECK(contains(run.err, missing));
    CHECK(contains(run.err, "PERENNIAL_CONFIG"));
}

TEST_CASE("a home configuration that cannot be read is not passed over")
{
    Cli cli;
    std::filesystem::create_directories(cli.homeConfig());
    std::filesystem::create_directories(cli.home.path() / "etc");
    (void)cli.home.write("etc/perennial.yaml", configWith("system.test"));
    const auto run = cli.run({"status"});
    CHECK(run.status == 2);
    CHECK(contains(run.err, cli.homeConfig()));
}

TEST_CASE("what is wrong in the file is named with its line and key")
{
    CHECK(contains(
        problemWith("controller: {url: \"http://a.test\", trust_file: /t, token_file: /k}\n"),
        "perennial.yaml:1: controller.url: must begin with https://"));
    CHECK(contains(problemWith("controller:\n  url: https://a.test\n  trust_file: t.pem\n"
                               "  token_file: /k\n"),
        "perennial.yaml:3: controller.trust_file: must be an absolute path"));
    CHECK(contains(problemWith("controller:\n  url: https://a.test\n  trust_file: /t\n"),
        "controller.token_file"));
    CHECK(contains(problemWith("controler: {}\n"), "controler"));
}

TEST_CASE("--check-config reads the configuration and what it names, and asks nobody")
{
    Cli cli;
    const ApiServer server(cli);
    cli.writeHomeConfig(server.config());
    const auto good = cli.run({"--check-config"});
    CHECK(good.status == 0);
    CHECK(good.out == cli.homeConfig() + ": ok\n");
    CHECK(good.err.empty());
    CHECK(server.asked().empty());

    std::filesystem::permissions(
        server.tokenFile, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
    const auto open = cli.run({"--check-config"});
    CHECK(open.status == 2);
    CHECK(contains(open.err, "can be read by others"));
    CHECK_FALSE(contains(open.out, "ok"));
    cli.writeHomeConfig("controler: {}\n");
    CHECK(cli.run({"--check-config"}).status == 2);
}

TEST_CASE("a command says which server the configuration lacks")
{
    Cli cli;
    cli.writeHomeConfig(configWith("home.test"));
    const auto run = cli.run({"enrollment", "requests"});
    CHECK(run.status == 2);
    CHECK(contains(run.err, cli.homeConfig() + ": this command needs `enrollment:`"));
}
