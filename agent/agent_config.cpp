#include "agent/agent_config.h"

#include "shared/base/encoding.h"
#include "shared/base/file_system.h"
#include "shared/model/identifiers.h"
#include "shared/yaml/strict_yaml.h"

namespace perennial::agent {

namespace {

std::string optionalPath(yaml::Reader& in, const std::string& key)
{
    return in.has(key) ? in.absolutePath(key) : "";
}

AgentConfig::Scanner readScanner(yaml::Reader in)
{
    AgentConfig::Scanner scanner{
        optionalPath(in, "program"), optionalPath(in, "config"), optionalPath(in, "socket")};
    const bool program = !scanner.program.empty();
    const bool right = scanner.socket.empty() ? program && !scanner.config.empty()
                                              : !program && scanner.config.empty();
    if (!in.failed() && !right) in.fail("program", "name program and config, or socket");
    return scanner;
}

AgentConfig::Intervals readIntervals(std::optional<yaml::Reader> in)
{
    AgentConfig::Intervals intervals{
        std::chrono::hours(1), std::chrono::minutes(1), std::chrono::minutes(30)};
    if (!in) return intervals;
    intervals.scan = in->durationOr("scan", intervals.scan);
    intervals.retry = in->durationOr("retry", intervals.retry);
    intervals.unanswered = in->durationOr("unanswered", intervals.unanswered);
    for (const auto& [key, value] : {std::pair{"scan", intervals.scan},
             std::pair{"retry", intervals.retry}, std::pair{"unanswered", intervals.unanswered}}) {
        if (!in->failed() && (value < Duration(1) || value > std::chrono::hours(24 * 7)))
            in->fail(key, "must be between 1s and 7d");
    }
    return intervals;
}

void readCredentialCaller(yaml::Reader& in, CallerPlace& caller)
{
    using Kind = CredentialSource::Kind;
    caller.user = in.optionalText("user").value_or("");
    caller.principal = in.optionalText("principal").value_or("");
    caller.keytabFile = optionalPath(in, "keytab_file");
    const auto place = [&](const std::string& key, Kind kind, std::optional<std::string> name) {
        if (!name) return;
        if (caller.password) in.fail(key, "is one place of the password too many");
        caller.password = CredentialSource{kind, *std::move(name)};
    };
    if (in.has("password_file"))
        place("password_file", Kind::File, in.absolutePath("password_file"));
    place("password_credential", Kind::Service, in.optionalText("password_credential"));
    place("password_key", Kind::Keyring, in.optionalText("password_key"));
    if (in.failed()) return;
    const bool byPassword = !caller.user.empty() && caller.password;
    const bool byKerberos = !caller.principal.empty() && !caller.keytabFile.empty();
    const bool half = caller.user.empty() == caller.password.has_value() ||
                      caller.principal.empty() != caller.keytabFile.empty();
    if (half || byPassword == byKerberos)
        in.fail(caller.principal.empty() ? "user" : "principal",
            "name user and one of password_file, password_credential, password_key; or principal "
            "and keytab_file");
}

std::vector<AgentConfig::Credential> readCredentials(yaml::Reader& in)
{
    std::vector<AgentConfig::Credential> credentials;
    for (auto& [name, entry] : in.optionalNamedMappings("credentials")) {
        AgentConfig::Credential credential;
        credential.name = name;
        if (!model::isSafeIdentifier(name))
            entry.fail("policy_url",
                "\"" + toPrintable(name, 128) + "\"" + " is no name that a policy could have");
        credential.policyUrl = entry.text("policy_url");
        if (!entry.failed() && credential.policyUrl.rfind("https://", 0) != 0)
            entry.fail("policy_url", "must begin with https://");
        credential.trustFile = entry.absolutePath("trust_file");
        readCredentialCaller(entry, credential.caller);
        credential.templates = entry.texts("templates");
        if (!entry.failed() && credential.templates.empty())
            entry.fail("templates", "name at least one: others may not be asked for");
        credentials.push_back(std::move(credential));
    }
    return credentials;
}

AgentConfig::PolicySigners readPolicySigners(yaml::Reader in)
{
    const auto threshold = in.integer("threshold");
    if (!in.failed() && (threshold < 1 || threshold > 20))
        in.fail("threshold", "must be between 1 and 20");
    return {static_cast<int>(threshold), in.absolutePath("file")};
}

} // namespace

Result<AgentConfig> readAgentConfig(const std::string& file)
{
    const auto text = PosixFileSystem().read(file, 1U << 20U);
    if (!text) return Error{ErrorKind::InvalidInput, text.error().message};
    const auto parsed = yaml::parse(*text, file);
    if (!parsed) return parsed.error();
    yaml::Reader in(*parsed, file);
    AgentConfig config;
    config.state = in.absolutePath("state");
    config.socket = in.absolutePath("socket");
    config.installerSocket = in.absolutePath("installer_socket");
    config.enroller = in.absolutePath("enroller");
    config.scanner = readScanner(in.mapping("scanner"));
    if (auto controller = in.optionalMapping("controller")) {
        config.controllerUrl = controller->text("url");
        if (!controller->failed() && config.controllerUrl.rfind("https://", 0) != 0)
            controller->fail("url", "must begin with https://");
    }
    config.policies = optionalPath(in, "policies");
    config.labels = in.textMapOr("labels");
    if (!in.failed() && config.alone() == config.policies.empty())
        in.fail("policies", config.alone() ? "is needed without a controller"
                                           : "comes from the controller: leave it out");
    if (!in.failed() && !config.alone() && !config.labels.empty())
        in.fail("labels", "come with the join token: leave them out");
    if (auto signers = in.optionalMapping("policy_signers")) {
        config.policySigners = readPolicySigners(*signers);
        if (!signers->failed() && config.alone())
            signers->fail("file", "is for documents of a controller: there is none");
    }
    config.credentials = readCredentials(in);
    config.intervals = readIntervals(in.optionalMapping("intervals"));
    if (auto status = in.finish(); !status) return status.error();
    return config;
}

const AgentConfig::Credential* AgentConfig::findCredential(const std::string& name) const
{
    for (const auto& credential : credentials) {
        if (credential.name == name) return &credential;
    }
    return nullptr;
}

std::vector<rules::CredentialFacts> AgentConfig::credentialFacts() const
{
    std::vector<rules::CredentialFacts> facts;
    for (const auto& credential : credentials)
        facts.push_back({credential.name, credential.templates});
    return facts;
}

} // namespace perennial::agent
