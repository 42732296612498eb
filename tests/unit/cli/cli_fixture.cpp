#include "tests/unit/cli/cli_fixture.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <sstream>

namespace perennial::test {

CliRun Cli::run(const std::vector<std::string>& arguments)
{
    std::ostringstream out;
    std::ostringstream err;
    cli::Surroundings around{out, err, files, clock, terminal, {}};
    around.places = {"", environmentConfig, home.path().string(), systemConfig};
    around.lookAgain = std::chrono::milliseconds(1);
    CliRun run;
    run.status = cli::runCommandLine(arguments, around);
    run.out = out.str();
    run.err = err.str();
    return run;
}

void Cli::writeHomeConfig(const std::string& text) const
{
    std::filesystem::create_directories(home.path() / ".config/perennial");
    (void)home.write(".config/perennial/perennial.yaml", text);
}

ApiServer::ApiServer(const Cli& cli) : pki(cli.home)
{
    pki.makeRoot("authority");
    pki.issueServer("server", "authority");
    tokenFile = cli.home.write("token", token + "\n");
    const auto identity = tls::loadIdentity(pki["server"].chain, pki["server"].key);
    REQUIRE_MESSAGE(identity, identity.error().message);
    auto started = http::Server::start(
        {}, {*identity, {}, {}}, {}, [this](const http::Call& call) { return answer(call); },
        Log("test", LogLevel::Error));
    REQUIRE_MESSAGE(started, started.error().message);
    server_ = *std::move(started);
    cli.writeHomeConfig(config());
}

void ApiServer::answers(const std::string& call, const std::string& body, int status)
{
    const std::lock_guard lock(mutex_);
    answers_[call].push_back({status, "application/json", body, {}});
}

std::vector<std::string> ApiServer::asked() const
{
    const std::lock_guard lock(mutex_);
    return asked_;
}

std::string ApiServer::url() const
{
    return "https://localhost:" + std::to_string(server_->port());
}

std::string ApiServer::config() const
{
    const auto server = [this](const std::string& name) {
        return name + ": {url: \"" + url() + "\", trust_file: " + pki["authority"].certificate +
               ", token_file: " + tokenFile + "}\n";
    };
    return server("controller") + server("enrollment");
}

http::Answer ApiServer::answer(const http::Call& call)
{
    const std::lock_guard lock(mutex_);
    std::string name = call.method + " " + call.path;
    char separator = '?';
    for (const auto& [key, value] : call.query) {
        name += separator + key + "=" + value;
        separator = '&';
    }
    asked_.push_back(name + (call.body.empty() ? "" : " " + call.body));
    const auto header = call.headers.find("authorization");
    if (header == call.headers.end() || header->second != "Bearer " + token)
        return {401, "application/json",
            R"({"error":{"kind":"permission-denied","message":"unknown token"}})", {}};
    const auto found = answers_.find(name);
    if (found == answers_.end())
        return {404, "application/json",
            R"({"error":{"kind":"not-found","message":"there is no )" + call.path + "\"}}", {}};
    auto answer = found->second.front();
    if (found->second.size() > 1) found->second.erase(found->second.begin());
    return answer;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace perennial::test
