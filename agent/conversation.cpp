#include "agent/conversation.h"

#include "shared/base/random.h"

namespace perennial::agent {

namespace {

constexpr std::size_t batchSize = 500;
constexpr Duration longestWait = std::chrono::minutes(5);

} // namespace

Conversation::Conversation(Parts parts, AgentIdentity identity)
    : parts_(parts), identity_(std::move(identity)),
      client_(std::make_unique<ControllerClient>(parts_.config.controllerUrl, identity_)),
      lastAnswer_(parts_.clock.now())
{
}

bool Conversation::takeTurn()
{
    renewIdentityIfDue();
    const auto took = checkIn();
    const auto now = parts_.clock.now();
    if (took) {
        if (failures_ > 0) parts_.log.info("the controller answers again");
        failures_ = 0;
        lastProblem_.clear();
        lastAnswer_ = now;
        return *took;
    }
    ++failures_;
    if (took.error().message != lastProblem_) {
        lastProblem_ = took.error().message;
        parts_.log.warning(lastProblem_ + "; it will be asked again");
    }
    nextCheckin_ = now + retryDelay(Duration(1), failures_, longestWait * 10);
    return false;
}

Result<bool> Conversation::checkIn()
{
    const auto state = parts_.desired.current();
    protocol::Checkin question;
    question.epoch = parts_.events.epoch();
    question.policyVersion = state->version;
    question.policyCommit = state->commit;
    question.inventoryDigest = inventorySent_;
    question.pendingEvents = parts_.events.pending();
    const auto answer = client_->checkin(question);
    if (!answer) return answer.error();
    nextCheckin_ = parts_.clock.now() + answer->nextCheckin;

    const bool newer =
        answer->policyVersion != state->version || answer->policyCommit != state->commit;
    if (newer && !answer->policyCommit.empty() && answer->policyCommit != refusedCommit_) {
        if (auto fetched = fetchDocuments(); !fetched) {
            refusedCommit_ = answer->policyCommit;
            parts_.log.error("the policies of " + answer->policyCommit +
                             " are refused, the last good ones stay: " + fetched.error().message);
            reportPolicy("policy.rejected", model::Outcome::Failure, fetched.error().message);
        }
    }
    if (auto sent = sendInventoryIfChanged(answer->wantInventory); !sent) return sent.error();
    bool took = false;
    for (const auto& order : answer->orders) {
        if (order.agent != identity_.agent) {
            parts_.log.error("an order for another agent was refused");
            continue;
        }
        if (auto taken = parts_.desk.take(order); !taken) return taken.error();
        took = true;
    }
    return took;
}

Status Conversation::fetchDocuments()
{
    const auto documents = client_->documents();
    if (!documents) return documents.error();
    if (auto adopted = parts_.desired.adopt(*documents, identity_.agent, identity_.hostName);
        !adopted)
        return adopted;
    parts_.log.info("policies of commit " + documents->manifest.commit);
    reportPolicy("policy.applied", model::Outcome::Success, "");
    return {};
}

void Conversation::reportPolicy(
    const std::string& kind, model::Outcome outcome, const std::string& reason)
{
    model::AuditEvent event;
    event.time = parts_.clock.preciseNow();
    event.id = uuidV7(event.time);
    event.kind = kind;
    event.actor = {"agent", identity_.agent.text(), "mtls", ""};
    event.agentId = identity_.agent.text();
    event.host = identity_.hostName;
    event.outcome = outcome;
    event.reason = toPrintable(reason, 2000);
    const auto state = parts_.desired.current();
    event.policy = state->commit;
    if (auto added = parts_.events.add({event}); !added) parts_.log.error(added.error().message);
}

Status Conversation::sendInventoryIfChanged(bool wanted)
{
    const auto inventory = parts_.slots.inventory();
    if (inventory->scannedAt == TimePoint()) return {}; // no scan has ended yet
    const auto digest = protocol::inventoryDigest(*inventory);
    if (!wanted && digest == inventorySent_) return {};
    if (auto sent = client_->sendInventory(*inventory); !sent) return sent;
    inventorySent_ = digest;
    return {};
}

void Conversation::sendEvents()
{
    while (parts_.events.pending() > 0) {
        protocol::EventBatch batch{parts_.events.epoch(), parts_.events.next(batchSize)};
        const auto acknowledged = client_->sendEvents(batch);
        if (!acknowledged) {
            if (acknowledged.error().message != lastProblem_) {
                lastProblem_ = acknowledged.error().message;
                parts_.log.warning("events stay here for now: " + lastProblem_);
            }
            return;
        }
        if (auto done = parts_.events.acknowledge(*acknowledged); !done) {
            parts_.log.error(done.error().message);
            return;
        }
    }
}

void Conversation::renewIdentityIfDue()
{
    if (parts_.clock.now() < identity_.renewAt()) return;
    const auto request = makeIdentityRequest(identity_.hostName);
    if (!request) return;
    const auto pem = client_->renewIdentity(request->requestPem);
    if (!pem) {
        parts_.log.warning("the agent's identity could not be renewed: " + pem.error().message);
        return;
    }
    const auto stored = storeIdentity(parts_.files, parts_.config, *request->key, *pem);
    auto loaded =
        stored ? loadIdentity(parts_.files, parts_.config) : Result<AgentIdentity>(stored.error());
    if (!loaded) {
        parts_.log.error("the agent's new identity could not be stored: " + loaded.error().message);
        return;
    }
    identity_ = *std::move(loaded);
    client_ = std::make_unique<ControllerClient>(parts_.config.controllerUrl, identity_);
    parts_.log.info("the agent's identity was renewed");
}

} // namespace perennial::agent
