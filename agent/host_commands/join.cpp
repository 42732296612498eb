#include "agent/host_commands/join.h"

#include "agent/controller_client.h"
#include "shared/base/random.h"

namespace perennial::agent {

Result<std::string> join(const AgentConfig& config, FileSystem& files, const Clock& clock,
    const std::string& tokenText, const std::string& hostName)
{
    if (config.alone())
        return Error{ErrorKind::InvalidInput, "agent.yaml names no controller to join"};
    // Events of another identity would be refused for ever, and stand in the way of new ones.
    for (const auto& sign : {config.identityFile(), config.state + "/events.jsonl"}) {
        if (files.inspect(sign))
            return Error{ErrorKind::Conflict,
                "this agent has joined already: " + sign +
                    " is there. To join anew, have the operator revoke it and remove " +
                    config.state};
    }
    auto text = tokenText;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.pop_back();
    const auto token = protocol::joinTokenFromText(text);
    if (!token) return token.error();
    if (auto made = files.makeFolder(config.renewalsFolder()); !made) return made.error();
    const auto name = hostName.empty() ? localHostName() : hostName;
    const auto request = makeIdentityRequest(name);
    if (!request) return request.error();
    const auto answer =
        ControllerClient::join(config.controllerUrl, *token, name, request->requestPem);
    if (!answer) return answer.error();
    // The identity's own file comes last: with it the agent has joined, without it, it has not.
    if (auto done = storeJoining(
            files, config, answer->agent, name, uuidV7(clock.preciseNow()), answer->authorityPem);
        !done)
        return done.error();
    if (auto done = storeIdentity(files, config, *request->key, answer->identityPem); !done)
        return done.error();
    return answer->agent.text();
}

} // namespace perennial::agent
