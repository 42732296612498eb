#include "controller/api/join_desk.h"

#include "controller/audit/audit_outbox.h"
#include "controller/storage/slot_store.h"
#include "shared/base/random.h"
#include "shared/x509/digest.h"

namespace perennial::controller {

namespace {

constexpr std::size_t idBytes = 6;
constexpr std::size_t secretBytes = 24;
constexpr std::size_t agentIdBytes = 16;

model::AuditEvent newEvent(const std::string& kind, PreciseTime now, const model::Actor& actor)
{
    model::AuditEvent event;
    event.id = uuidV7(now);
    event.kind = kind;
    event.time = now;
    event.actor = actor;
    return event;
}

// Why the token does not let this host in; empty: it does.
std::string problemOf(
    const std::optional<JoinTokenRecord>& token, const std::string& host, TimePoint now)
{
    if (!token) return "the token is unknown";
    if (token->revoked) return "the token " + token->id + " was revoked";
    if (token->usedAt != TimePoint()) return "the token " + token->id + " was used already";
    if (now >= token->expires) return "the token " + token->id + " has expired";
    if (token->host != host)
        return "the token " + token->id + " is for " + token->host + ", not for " +
               toPrintable(host, 255);
    return "";
}

} // namespace

Result<JoinDesk::NewToken> JoinDesk::createToken(const std::string& host,
    const std::map<std::string, std::string>& labels, Duration life, const model::Actor& by)
{
    if (host.empty() || host.size() > 255 || toPrintable(host, 255) != host)
        return Error{ErrorKind::InvalidInput, "name the host that may use the token"};
    if (life < std::chrono::seconds(1) || life > longestTokenLife)
        return Error{ErrorKind::InvalidInput, "a token lives between 1 second and 1 hour"};
    NewToken made;
    made.token.id = toHex(randomBytes(idBytes));
    made.token.secret = toBase64Url(randomBytes(secretBytes));
    made.token.authorityPin = authority_.certificate().publicKeyPin();
    made.expires = clock_.now() + life;
    auto event = newEvent("admin.join_token_created", clock_.preciseNow(), by);
    event.details = {
        {"token_id", made.token.id}, {"host", host}, {"expires", toRfc3339(made.expires)}};
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        if (auto inserted = access::insertToken(
                session, {made.token.id, x509::sha256Hex(made.token.secret), host, labels, by.id,
                             made.expires, TimePoint(), "", false});
            !inserted)
            return inserted;
        return AuditOutbox::add(session, event);
    });
    if (!done) return done.error();
    return made;
}

Status JoinDesk::revokeToken(const std::string& id, const model::Actor& by)
{
    auto event = newEvent("admin.join_token_created", clock_.preciseNow(), by);
    event.details = {{"token_id", toPrintable(id, 64)}, {"revoked", true}};
    return database_.transaction([&](sql::Session& session) -> Status {
        const auto revoked = access::revokeToken(session, id);
        if (!revoked) return revoked.error();
        if (!*revoked) return Error{ErrorKind::NotFound, "there is no unused token of that id"};
        return AuditOutbox::add(session, event);
    });
}

Status JoinDesk::refuse(
    const std::string& host, const std::string& address, const std::string& reason)
{
    auto event =
        newEvent("agent.auth_failed", clock_.preciseNow(), {"agent", "", "join-token", address});
    event.outcome = model::Outcome::Denied;
    event.reason = reason;
    event.host = toPrintable(host, 255);
    event.details = {{"path", "/v1/join"}};
    return database_.transaction(
        [&](sql::Session& session) { return AuditOutbox::add(session, event); });
}

Status JoinDesk::tellOfMany(const std::string& address)
{
    return refuse("", address,
        "too many joins have failed, here or in all: further ones are refused unread and not told "
        "of until it is quiet");
}

Result<protocol::JoinAnswer> JoinDesk::join(
    const protocol::JoinRequest& request, const std::string& address)
{
    const auto now = clock_.now();
    AgentRecord record;
    record.agent = model::AgentId("agent-" + toHex(randomBytes(agentIdBytes)));
    record.host = request.hostName;
    record.joinedAt = record.lastSeen = now;
    auto identity = authority_.issueIdentity(request.requestPem, record.agent, now);
    if (!identity) return identity.error();
    std::string problem;
    protocol::JoinAnswer answer;
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        const auto token = access::findTokenBySecret(session, x509::sha256Hex(request.token));
        if (!token) return token.error();
        problem = problemOf(*token, request.hostName, now);
        if (!problem.empty()) return {};
        const auto holder = agents::ofHost(session, request.hostName);
        if (!holder) return holder.error();
        if (*holder && now < (*holder)->identityNotAfter) {
            problem = "an agent of that host has joined already: revoke it first";
            return {};
        }
        if (*holder) { // it stays who it was: its slots, orders and numbers go on
            record.agent = (*holder)->agent;
            identity = authority_.issueIdentity(request.requestPem, record.agent, now);
            if (!identity) return identity.error();
        }
        const auto claimed = access::claimToken(session, (*token)->id, record.agent.text(), now);
        if (!claimed) return claimed.error();
        if (!*claimed) {
            problem = "the token was used a moment ago";
            return {};
        }
        record.labels = (*token)->labels;
        record.identityNotAfter = identity->notAfter();
        answer = {record.agent, identity->toPem(), authority_.certificate().toPem(), record.labels};
        return enter(session, record, *holder ? "agent.reenrolled" : "agent.enrolled", (*token)->id,
            address);
    });
    if (!done) return done.error();
    if (problem.empty()) return answer;
    if (auto told = refuse(request.hostName, address, problem); !told) return told.error();
    return Error{ErrorKind::PermissionDenied,
        "the join token does not let this host in: ask the operator for a new one"};
}

Status JoinDesk::enter(sql::Session& session, const AgentRecord& record, const std::string& kind,
    const std::string& tokenId, const std::string& address)
{
    if (kind == "agent.reenrolled") {
        if (auto set = agents::rejoin(
                session, record.agent, record.labels, record.joinedAt, record.identityNotAfter);
            !set)
            return set;
    } else {
        // The host's certificates are this agent's to report from now on.
        if (auto removed = slots::removeOfRevoked(session, record.host); !removed) return removed;
        if (auto inserted = agents::insert(session, record); !inserted) return inserted;
    }
    auto event =
        newEvent(kind, clock_.preciseNow(), {"agent", record.agent.text(), "join-token", address});
    event.agentId = record.agent.text();
    event.host = toPrintable(record.host, 255);
    event.details = {{"token_id", tokenId}};
    return AuditOutbox::add(session, event);
}

Result<std::string> JoinDesk::renewIdentity(const AgentRecord& agent, const std::string& requestPem)
{
    const auto identity = authority_.issueIdentity(requestPem, agent.agent, clock_.now());
    if (!identity) return identity.error();
    auto event = newEvent(
        "agent.identity_renewed", clock_.preciseNow(), {"agent", agent.agent.text(), "mtls", ""});
    event.agentId = agent.agent.text();
    event.host = toPrintable(agent.host, 255);
    event.details = {{"not_after", toRfc3339(identity->notAfter())}};
    const auto done = database_.transaction([&](sql::Session& session) -> Status {
        if (auto set = agents::setIdentityNotAfter(session, agent.agent, identity->notAfter());
            !set)
            return set;
        return AuditOutbox::add(session, event);
    });
    if (!done) return done.error();
    return identity->toPem();
}

} // namespace perennial::controller
