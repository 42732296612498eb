#include "controller/controller_config.h"

#include "shared/model/identifiers.h"
#include "shared/yaml/strict_yaml.h"

#include <set>

namespace perennial::controller {

namespace {

ApiSettings readApi(yaml::Reader in)
{
    ApiSettings api{in.text("host"), static_cast<int>(in.integer("port")), in.texts("names")};
    if (!in.failed() && (api.port < 1 || api.port > 65535))
        in.fail("port", "must be between 1 and 65535");
    if (!in.failed() && api.names.empty()) in.fail("names", "the TLS certificate needs a name");
    return api;
}

void readPolicies(yaml::Reader in, ControllerConfig& config)
{
    config.policies.repository = in.text("repository");
    config.policies.branch = in.textOr("branch", "main");
    config.policies.allowedSigners = in.text("allowed_signers");
    config.policiesEvery = in.durationOr("every", std::chrono::minutes(1));
    config.policies.manifestLife = in.durationOr("manifest_life", std::chrono::hours(24 * 30));
    config.policies.folder = config.state + "/policies";
    if (auto signers = in.optionalMapping("policy_signers")) {
        config.policies.signersThreshold = static_cast<int>(signers->integer("threshold"));
        config.policies.signersFile = signers->absolutePath("file");
        if (!signers->failed() &&
            (config.policies.signersThreshold < 1 || config.policies.signersThreshold > 20))
            signers->fail("threshold", "must be between 1 and 20");
    }
}

SinkSettings readSink(yaml::Reader& in, std::set<std::string>& names)
{
    SinkSettings sink;
    sink.name = in.text("name");
    sink.kind = in.text("kind");
    if (!in.failed() && (!model::isSafeIdentifier(sink.name) || !names.insert(sink.name).second))
        in.fail("name", "must be letters, digits, - and _, and not be used twice");
    // The plugin knows its own settings; it checks their values when it is made.
    for (const auto* key : {"host", "port", "server_name", "trust_file", "pin", "certificate_file",
             "key_file", "hostname", "facility", "message_bytes", "settle_after"}) {
        if (const auto value = in.optionalText(key)) sink.settings[key] = *value;
    }
    return sink;
}

void readAudit(yaml::Reader in, ControllerConfig& config)
{
    config.checkpointEvery = in.durationOr("checkpoint_every", std::chrono::minutes(1));
    std::set<std::string> names;
    for (auto& sink : in.optionalMappings("sinks"))
        config.sinks.push_back(readSink(sink, names));
}

void readIntervals(std::optional<yaml::Reader> in, ControllerConfig& config)
{
    config.checkinEvery = std::chrono::minutes(1);
    config.planEvery = std::chrono::seconds(30);
    config.silentAfter = std::chrono::minutes(10);
    if (!in) return;
    config.checkinEvery = in->durationOr("checkin", config.checkinEvery);
    config.planEvery = in->durationOr("plan", config.planEvery);
    config.silentAfter = in->durationOr("silent_after", config.silentAfter);
    for (const auto& [key, value] : {std::pair{"checkin", config.checkinEvery},
             std::pair{"plan", config.planEvery}, std::pair{"silent_after", config.silentAfter}}) {
        if (!in->failed() && (value < Duration(1) || value > std::chrono::hours(24)))
            in->fail(key, "must be between 1s and 24h");
    }
}

EnrollmentWatchSettings readEnrollmentWatch(yaml::Reader in)
{
    EnrollmentWatchSettings watch;
    watch.url = in.text("url");
    if (!in.failed() && (watch.url.rfind("https://", 0) != 0 || watch.url.back() == '/'))
        in.fail("url", "must begin with https:// and end without /");
    watch.trustFile = in.absolutePath("trust_file");
    watch.tokenFile = in.absolutePath("token_file");
    watch.every = in.durationOr("every", watch.every);
    watch.grace = in.durationOr("grace", watch.grace);
    if (!in.failed() && (watch.every < Duration(1) || watch.every > std::chrono::hours(24)))
        in.fail("every", "must be between 1s and 24h");
    if (!in.failed() && watch.grace > std::chrono::hours(24 * 7))
        in.fail("grace", "must be at most 7d");
    return watch;
}

} // namespace

Result<ControllerConfig> readControllerConfig(const std::string& file)
{
    const auto text = PosixFileSystem().read(file, 1U << 20U);
    if (!text) return Error{ErrorKind::InvalidInput, text.error().message};
    const auto parsed = yaml::parse(*text, file);
    if (!parsed) return parsed.error();
    yaml::Reader in(*parsed, file);
    ControllerConfig config;
    config.name = in.text("name");
    if (!in.failed() && !model::isSafeIdentifier(config.name))
        in.fail("name", "must be a host name: letters, digits, -, _ and .");
    config.state = in.text("state");
    if (!in.failed() && config.state.front() != '/') in.fail("state", "must be an absolute path");
    config.agentApi = readApi(in.mapping("agent_api"));
    config.operatorApi = readApi(in.mapping("operator_api"));
    readPolicies(in.mapping("policies"), config);
    readAudit(in.mapping("audit"), config);
    readIntervals(in.optionalMapping("intervals"), config);
    if (auto watch = in.optionalMapping("enrollment_watch"))
        config.enrollmentWatch = readEnrollmentWatch(*watch);
    if (auto status = in.finish(); !status) return status.error();
    return config;
}

} // namespace perennial::controller
