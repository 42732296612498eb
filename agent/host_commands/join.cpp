#include "agent/host_commands/join.h"

#include "agent/controller_client.h"
#include "shared/base/file_lock.h"
#include "shared/base/random.h"

#include <optional>

namespace perennial::agent {

namespace {

// The identity that there is, when it has expired; none before the first joining.
Result<std::optional<AgentIdentity>> expiredIdentity(
    const AgentConfig& config, const FileSystem& files, const Clock& clock)
{
    std::string sign;
    for (const auto& file : {config.identityFile(), config.state + "/events.jsonl"}) {
        if (sign.empty() && files.inspect(file)) sign = file;
    }
    if (sign.empty()) return std::optional<AgentIdentity>();
    auto identity = loadIdentity(files, config);
    if (identity && clock.now() >= identity->tls.chain.front().notAfter())
        return std::optional<AgentIdentity>(*std::move(identity));
    return Error{ErrorKind::Conflict,
        "this agent has joined already: " + sign + " is there" +
            (identity ? ", and its identity lasts until " +
                            toRfc3339(identity->tls.chain.front().notAfter())
                      : "") +
            ". To join anew, have the operator revoke it and remove " + config.state};
}

// Events of another identity would be refused for ever, and stand in the way of new ones.
Status putEventsAside(FileSystem& files, const AgentConfig& config, const model::AgentId& agent)
{
    const auto queue = config.state + "/events.jsonl";
    if (!files.inspect(queue)) return {};
    if (auto moved = files.rename(queue, config.state + "/events-of-" + agent.text() + ".jsonl");
        !moved)
        return moved;
    const auto acknowledged = config.state + "/events.acknowledged";
    return files.inspect(acknowledged) ? files.remove(acknowledged) : Status();
}

} // namespace

Result<std::string> join(const AgentConfig& config, FileSystem& files, const Clock& clock,
    const std::string& tokenText, const std::string& hostName)
{
    if (config.alone())
        return Error{ErrorKind::InvalidInput, "agent.yaml names no controller to join"};
    const auto before = expiredIdentity(config, files, clock);
    if (!before) return before.error();
    FileDescriptor lock; // of the state, which a running agent holds
    if (*before) {
        auto held = tryLockFile(config.state + "/lock");
        if (!held && held.error().kind == ErrorKind::Conflict)
            return Error{ErrorKind::Conflict,
                "stop the agent first: it works with " + config.state + " at the moment"};
        if (!held) return held.error();
        lock = *std::move(held);
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
    std::string epoch = uuidV7(clock.preciseNow());
    if (*before && (*before)->agent == answer->agent) {
        epoch = (*before)->epoch; // the numbers go on, and what was not told yet still can be
    } else if (*before) {
        if (auto done = putEventsAside(files, config, (*before)->agent); !done) return done.error();
    }
    // The identity's own file comes last: with it the agent has joined, without it, it has not.
    if (auto done = storeJoining(files, config, answer->agent, name, epoch, answer->authorityPem);
        !done)
        return done.error();
    if (auto done = storeIdentity(files, config, *request->key, answer->identityPem); !done)
        return done.error();
    return answer->agent.text();
}

} // namespace perennial::agent
