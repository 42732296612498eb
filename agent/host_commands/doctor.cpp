#include "agent/host_commands/doctor.h"

#include "agent/agent_identity.h"
#include "agent/host_commands/command_socket.h"
#include "shared/base/encoding.h"
#include "shared/base/process.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr Duration patience = std::chrono::minutes(10);

std::string textIn(const Json& json, const std::string& member)
{
    const auto* found = json.find(member);
    return found == nullptr || found->string() == nullptr ? "" : *found->string();
}

Result<Json> askEnroller(const AgentConfig& config, const Json& question)
{
    Command command;
    command.program = config.enroller;
    command.arguments = {"doctor"};
    command.environment = {{"LANG", "C.UTF-8"}, {"PATH", "/usr/bin:/bin"}};
    command.input = question.canonical();
    command.timeout = patience;
    const auto finished = run(command);
    if (!finished) return finished.error().in("perennial-enroller");
    if (finished->status != 0)
        return Error{ErrorKind::Internal, toPrintable(finished->errorOutput)};
    return Json::parse(finished->output);
}

std::int64_t countBad(const Json& report)
{
    const auto* lines = report.find("lines");
    if (lines == nullptr || lines->array() == nullptr) return 0;
    return std::count_if(lines->array()->begin(), lines->array()->end(),
        [](const Json& line) { return textIn(line, "verdict") == "bad"; });
}

// Where a password lies, never the password.
void describeFirst(const DoctorOptions& options, Json& question)
{
    question["policy_url"] = options.policyUrl;
    for (const auto& [member, value] :
        {std::pair("template", &options.templateName), std::pair("name", &options.name),
            std::pair("key_type", &options.keyType), std::pair("principal", &options.principal),
            std::pair("keytab_file", &options.keytabFile), std::pair("user", &options.userName),
            std::pair("credentials_folder", &options.credentialsFolder)}) {
        if (!value->empty()) question[member] = *value;
    }
    if (!options.passwordMember.empty()) question[options.passwordMember] = options.passwordPlace;
}

} // namespace

Result<Json> examineEnrollment(const AgentConfig& config, const DoctorOptions& options)
{
    Json command;
    command["command"] = "doctor";
    command["service"] = options.service;
    const auto known = askAgent(config.socket, command);
    if (!known) return known.error();
    if (const auto problem = textIn(*known, "error"); !problem.empty())
        return Error{ErrorKind::NotFound, problem};
    const auto* service = known->find("service");
    if (service == nullptr) return Error{ErrorKind::Internal, "the agent names no service"};
    Json question;
    question["service"] = *service;
    question["host"] = localHostName();
    const bool first = !options.policyUrl.empty();
    const bool own = !options.certificateFile.empty();
    const auto certificate = first ? std::string()
                             : own ? options.certificateFile
                                   : textIn(*known, "certificate_file");
    if (first) describeFirst(options, question);
    if (!certificate.empty()) {
        question["certificate_file"] = certificate;
        question["key_file"] = own ? options.keyFile : textIn(*known, "key_file");
    }
    auto report = askEnroller(config, question);
    if (!report) return report;
    (*report)["service"] = options.service;
    (*report)["certificate_file"] = certificate;
    (*report)["bad"] = countBad(*report);
    return report;
}

Result<Json> examinePlaces(const AgentConfig& config)
{
    auto report = askAgent(config.socket, Json(Json::Object{{"command", "places"}}));
    if (!report) return report;
    if (const auto problem = textIn(*report, "error"); !problem.empty())
        return Error{ErrorKind::Internal, problem};
    (*report)["bad"] = countBad(*report);
    return report;
}

std::string doctorText(const Json& report)
{
    std::string text;
    const auto* lines = report.find("lines");
    if (lines == nullptr || lines->array() == nullptr) return text;
    if (lines->array()->empty()) return "no policy of this host wants a certificate at a place\n";
    for (const auto& line : *lines->array()) {
        auto verdict = textIn(line, "verdict");
        verdict.resize(std::max<std::size_t>(verdict.size(), 8), ' ');
        text += verdict + textIn(line, "step") + ": " + toPrintable(textIn(line, "seen")) + "\n";
        if (const auto mend = textIn(line, "mend"); !mend.empty())
            text += "        mend: " + toPrintable(mend) + "\n";
    }
    const auto* bad = report.find("bad");
    const auto count = bad == nullptr || bad->integer() == nullptr ? 0 : *bad->integer();
    const bool renewal = !textIn(report, "certificate_file").empty();
    if (count != 0)
        text += std::to_string(count) + " to mend\n";
    else
        text += renewal ? "nothing stands against a renewal\n" : "nothing to mend was seen\n";
    return text;
}

} // namespace perennial::agent
