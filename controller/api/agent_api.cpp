#include "controller/api/agent_api.h"

#include "controller/api/answers.h"

namespace perennial::controller {

namespace {

template <class Message>
Result<Message> read(
    const http::Call& call, const Json::Limits& limits, Result<Message> (*fromJson)(const Json&))
{
    const auto json = Json::parse(call.body, limits);
    if (!json) return json.error();
    return fromJson(*json);
}

bool isJoin(const http::Call& call) { return call.path == "/v1/join" && call.method == "POST"; }

std::size_t mostBytesFor(const std::string& path)
{
    if (path == "/v1/inventory" || path == "/v1/inventory/changes")
        return protocol::inventoryMessage.bytes;
    if (path == "/v1/events") return protocol::eventsMessage.bytes;
    return protocol::smallMessage.bytes;
}

http::Answer mustIdentify()
{
    return errorAnswer(
        401, ErrorKind::PermissionDenied, "present the agent's identity as TLS client certificate");
}

http::Answer notOurs()
{
    return errorAnswer(
        403, ErrorKind::PermissionDenied, "this agent is not (any more) one of ours");
}

} // namespace

Result<model::AgentId> AgentApi::callerOf(const http::Call& call) const
{
    auto agent = agentOf(*call.peer);
    if (!agent) parts_.log.warning(call.remoteAddress + ": " + agent.error().message);
    return agent;
}

std::optional<AgentRecord> AgentApi::find(const model::AgentId& agent) const
{
    auto record = parts_.directory.find(agent);
    if (record && !record->mayWork()) record.reset();
    return record;
}

http::Admission AgentApi::admit(const http::Call& call)
{
    if (isJoin(call)) return admitJoin(call);
    if (!call.peer) return {0, mustIdentify()};
    const auto most = mostBytesFor(call.path);
    if (most <= protocol::smallMessage.bytes) return {most, std::nullopt}; // answer() looks closer
    const auto agent = callerOf(call);
    if (!agent) return {0, errorAnswer(agent.error())};
    if (!find(*agent)) return {0, notOurs()};
    return {most, std::nullopt};
}

http::Admission AgentApi::admitJoin(const http::Call& call)
{
    const auto verdict = joins_.ask(call.remoteAddress, parts_.clock.monotonic());
    if (verdict.allows()) return {protocol::smallMessage.bytes, std::nullopt};
    if (verdict.first) {
        parts_.log.warning(call.remoteAddress + ": too many joins have failed, here or in all");
        if (auto told = parts_.joinDesk.tellOfMany(call.remoteAddress); !told)
            parts_.log.error(told.error().message);
        parts_.changed();
    }
    return {0, tooManyAnswer(verdict.wait, "too many joins have failed")};
}

http::Answer AgentApi::answer(const http::Call& call)
{
    if (isJoin(call)) {
        auto joined = join(call);
        if (joined.status >= 400 && joined.status < 500)
            joins_.failed(call.remoteAddress, parts_.clock.monotonic());
        return joined;
    }
    if (!call.peer) return mustIdentify();
    const auto agent = callerOf(call);
    if (!agent) return errorAnswer(agent.error());
    // The busiest call comes first and touches no disk.
    if (call.path == "/v1/checkin" && call.method == "POST") return checkin(*agent, call);
    const auto record = find(*agent);
    if (!record) return notOurs();
    return route(*record, call);
}

http::Answer AgentApi::route(const AgentRecord& agent, const http::Call& call)
{
    if (call.path == "/v1/documents" && call.method == "GET") return documents(agent, false);
    if (call.path == "/v1/signed-documents" && call.method == "GET") return documents(agent, true);
    if (call.path == "/v1/inventory" && call.method == "POST") return inventory(agent, call);
    if (call.path == "/v1/inventory/changes" && call.method == "POST")
        return inventoryChanges(agent, call);
    if (call.path == "/v1/events" && call.method == "POST") return events(agent, call);
    if (call.path == "/v1/identity" && call.method == "POST") return identity(agent, call);
    return errorAnswer(404, ErrorKind::NotFound, "there is no such call");
}

http::Answer AgentApi::join(const http::Call& call)
{
    const auto request = read(call, protocol::smallMessage, protocol::joinRequestFromJson);
    if (!request) return errorAnswer(request.error());
    const auto joined = parts_.joinDesk.join(*request, call.remoteAddress);
    if (!joined) {
        parts_.log.warning(call.remoteAddress + " may not join: " + joined.error().message);
        parts_.changed();
        return errorAnswer(joined.error());
    }
    if (auto reloaded = parts_.directory.reload(); !reloaded) return errorAnswer(reloaded.error());
    parts_.changed();
    return jsonAnswer(protocol::toJson(*joined));
}

http::Answer AgentApi::checkin(const model::AgentId& agent, const http::Call& call)
{
    const auto question = read(call, protocol::smallMessage, protocol::checkinFromJson);
    if (!question) return errorAnswer(question.error());
    auto found = parts_.directory.checkedIn(agent, *question);
    if (!found.known || found.revoked) return notOurs();
    if (found.cloned) {
        parts_.log.error(agent.text() + " runs twice: it is quarantined");
        if (auto begun = parts_.quarantine.begin(agent, call.remoteAddress); !begun)
            return errorAnswer(begun.error());
        parts_.changed();
    }
    protocol::CheckinAnswer answer;
    answer.quarantined = found.quarantined;
    answer.nextCheckin = parts_.checkinEvery;
    answer.wantInventory = found.wantInventory;
    answer.orders = std::move(found.orders);
    answer.controllerTime = parts_.clock.now();
    if (const auto snapshot = parts_.policies.current()) {
        answer.policyVersion = snapshot->manifest.version;
        answer.policyCommit = snapshot->manifest.commit;
    }
    return jsonAnswer(protocol::toJson(answer));
}

http::Answer AgentApi::documents(const AgentRecord& agent, bool withSigned)
{
    const auto snapshot = parts_.policies.current();
    if (!snapshot)
        return errorAnswer(503, ErrorKind::Unavailable, "no policies have been read yet");
    // The manifest is as fresh as this answer: an agent that gets no answer sees it expire.
    auto manifest = snapshot->manifest;
    manifest.expires = parts_.clock.now() + (manifest.expires - snapshot->appliedAt);
    protocol::Documents documents{
        std::move(manifest), std::nullopt, snapshot->documents, agent.labels};
    if (withSigned && snapshot->signedDocuments)
        documents.signedManifest = snapshot->signedDocuments->relayed;
    return jsonAnswer(protocol::toJson(documents));
}

http::Answer AgentApi::inventory(const AgentRecord& agent, const http::Call& call)
{
    const auto report = read(call, protocol::inventoryMessage, protocol::inventoryReportFromJson);
    if (!report) return errorAnswer(report.error());
    return tookInventory(agent, parts_.inventory.take(agent.agent, *report));
}

http::Answer AgentApi::inventoryChanges(const AgentRecord& agent, const http::Call& call)
{
    const auto delta = read(call, protocol::inventoryMessage, protocol::inventoryDeltaFromJson);
    if (!delta) return errorAnswer(delta.error());
    return tookInventory(agent, parts_.inventory.take(agent.agent, *delta));
}

http::Answer AgentApi::tookInventory(const AgentRecord& agent, const Result<std::string>& digest)
{
    if (!digest) {
        // Changes to another inventory than is held here: the agent sends the whole.
        const auto say = "inventory of " + agent.agent.text() + ": " + digest.error().message;
        digest.error().kind == ErrorKind::Conflict ? parts_.log.info(say) : parts_.log.error(say);
        return errorAnswer(digest.error());
    }
    if (auto reloaded = parts_.directory.reload(); !reloaded) return errorAnswer(reloaded.error());
    parts_.changed();
    Json body;
    body["digest"] = *digest;
    return jsonAnswer(body);
}

http::Answer AgentApi::events(const AgentRecord& agent, const http::Call& call)
{
    const auto batch = read(call, protocol::eventsMessage, protocol::eventBatchFromJson);
    if (!batch) return errorAnswer(batch.error());
    const auto taken = parts_.intake.take(agent, *batch, call.remoteAddress);
    if (!taken) {
        parts_.log.error("events of " + agent.agent.text() + ": " + taken.error().message);
        return errorAnswer(taken.error());
    }
    if (taken->renewalsChanged) {
        if (auto reloaded = parts_.directory.reload(); !reloaded)
            return errorAnswer(reloaded.error());
    }
    parts_.changed();
    Json body;
    body["acknowledged"] = taken->acknowledged;
    return jsonAnswer(body);
}

http::Answer AgentApi::identity(const AgentRecord& agent, const http::Call& call)
{
    const auto request = read(call, protocol::smallMessage, protocol::identityRequestFromJson);
    if (!request) return errorAnswer(request.error());
    const auto pem = parts_.joinDesk.renewIdentity(agent, request->requestPem);
    if (!pem) return errorAnswer(pem.error());
    if (auto reloaded = parts_.directory.reload(); !reloaded) return errorAnswer(reloaded.error());
    parts_.changed();
    return jsonAnswer(protocol::toJson(protocol::IdentityAnswer{*pem}));
}

} // namespace perennial::controller
