// The host's own credentials in agent.yaml: whole, or refused with file, line and key.

#include "agent/agent_config.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::agent;
using perennial::test::TemporaryFolder;

namespace {

const std::string start = "state: /s\nsocket: /a.sock\ninstaller_socket: /i.sock\n"
                          "enroller: /e\nscanner: {socket: /c.sock}\npolicies: /p\n";

Result<AgentConfig> read(const std::string& credential)
{
    const TemporaryFolder folder;
    return readAgentConfig(
        folder.write("agent.yaml", start + "credentials:\n  web-enroller:\n" + credential));
}

std::string lines(const std::string& caller, const std::string& templates = "[WebServer]")
{
    return "    policy_url: https://pki.example.test/CEP\n    trust_file: /root.pem\n" + caller +
           "    templates: " + templates + "\n";
}

void checkRefused(const std::string& credential, const std::string& says)
{
    const auto config = read(credential);
    REQUIRE_FALSE(config.ok());
    CHECK_MESSAGE(config.error().message.find(says) != std::string::npos, config.error().message);
    CHECK_MESSAGE(
        config.error().message.find("agent.yaml:") != std::string::npos, config.error().message);
}

} // namespace

TEST_CASE("a credential is a user with the place of a password, or a principal with a keytab")
{
    const auto user = read(lines("    user: web\n    password_credential: enroller\n"));
    REQUIRE_MESSAGE(user.ok(), (user ? "" : user.error().message));
    const auto* found = user->findCredential("web-enroller");
    REQUIRE(found != nullptr);
    CHECK(found->caller.password->kind == CredentialSource::Kind::Service);
    CHECK(found->caller.password->name == "enroller");
    CHECK(user->findCredential("other") == nullptr);
    CHECK(user->credentialFacts().front().templates == std::vector<std::string>{"WebServer"});
    const auto principal = read(lines("    principal: web1$\n    keytab_file: /k\n"));
    REQUIRE(principal.ok());
    CHECK_FALSE(principal->credentials.front().caller.password);
}

TEST_CASE("half a caller, two, or none is refused")
{
    const std::string says = "name user and one of";
    checkRefused(lines(""), says);
    checkRefused(lines("    user: web\n"), says);
    checkRefused(lines("    password_file: /p\n"), says);
    checkRefused(lines("    principal: web1$\n"), says);
    checkRefused(
        lines("    user: web\n    password_file: /p\n    principal: x\n    keytab_file: /k\n"),
        says);
    checkRefused(lines("    user: web\n    password_file: /p\n    password_key: k\n"), "too many");
    checkRefused(lines("    user: web\n    password: secret\n"), "password");
}

TEST_CASE("where it is shown and what it may ask for must be said")
{
    const std::string caller = "    user: web\n    password_file: /p\n";
    checkRefused(lines(caller, "[]"), "templates");
    checkRefused("    policy_url: http://pki.example.test/CEP\n    trust_file: /r\n" + caller +
                     "    templates: [W]\n",
        "https://");
    checkRefused("    policy_url: https://pki.example.test/CEP\n" + caller + "    templates: [W]\n",
        "trust_file");
}
