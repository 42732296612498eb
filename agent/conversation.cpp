#include "agent/conversation.h"

#include "shared/base/random.h"

namespace perennial::agent {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t batchSize = 500;
constexpr Duration longestWait = std::chrono::minutes(5);
constexpr Duration refusedFor = std::chrono::hours(1);
constexpr std::size_t refusalsAtMost = 20;
constexpr Duration refetchAtLeast = std::chrono::minutes(1);
constexpr Duration refetchAtMost = std::chrono::hours(24);
constexpr Duration tolerableSkew = std::chrono::hours(12);

Duration backOff(int failures)
{
    return retryDelay(Duration(1), failures, longestWait * 10, longestWait);
}

milliseconds offsetOf(const Clock& clock)
{
    return clock.preciseNow().time_since_epoch() - clock.monotonic();
}

// A file that is there and cannot be read counts: whoever stole an identity must not gain by it.
bool remembers(const FileSystem& files, const std::string& file)
{
    const auto text = files.read(file, 256);
    return text.ok() || text.error().kind != ErrorKind::NotFound;
}

// A manifest is asked for again long before it expires, so that only silence lets it.
milliseconds refetchAfter(const DesiredState& state, const Clock& clock)
{
    const auto now = clock.now();
    if (state.expires <= now) return clock.monotonic();
    return clock.monotonic() + std::clamp((state.expires - now) / 2, refetchAtLeast, refetchAtMost);
}

} // namespace

Conversation::Conversation(Parts parts, AgentIdentity identity)
    : parts_(parts), identity_(std::move(identity)),
      client_(std::make_unique<ControllerClient>(parts_.config.controllerUrl, identity_)),
      identityEnds_(identity_.tls.chain.front().notAfter()), lastAnswer_(parts_.clock.now()),
      heard_(parts_.clock.monotonic()), offset_(offsetOf(parts_.clock)),
      quarantined_(remembers(parts_.files, quarantineFile())), instance_(uuidV4()),
      refetch_(refetchAfter(*parts_.desired.current(), parts_.clock))
{
    // From before a restart; the controller asks for all of it when it holds another.
    const auto inventory = parts_.slots.inventory();
    if (inventory->scannedAt != TimePoint()) inventory_ = protocol::SentInventory(*inventory);
}

bool Conversation::clockIsInDoubt() const
{
    const auto jumped = std::chrono::abs(offsetOf(parts_.clock) - offset_.load());
    return timesDiffer_.load() || jumped > tolerableSkew;
}

bool Conversation::takeTurn()
{
    renewIdentityIfDue();
    const auto took = checkIn();
    tellExpiredPolicy();
    offset_ = offsetOf(parts_.clock);
    if (took) {
        if (failures_ > 0) parts_.log.info("the controller answers again");
        failures_ = 0;
        lastProblem_.clear();
        nextEvents_ = {};
        return *took;
    }
    ++failures_;
    if (took.error().kind == ErrorKind::Corrupt) tellRefused(took.error().message);
    if (took.error().message != lastProblem_) {
        lastProblem_ = took.error().message;
        parts_.log.warning(lastProblem_ + "; it will be asked again");
    }
    tellExpiredIdentity();
    nextCheckin_ = parts_.clock.monotonic() + backOff(failures_);
    return false;
}

Result<bool> Conversation::checkIn()
{
    const auto state = parts_.desired.current();
    protocol::Checkin question;
    question.epoch = parts_.events.epoch();
    question.instance = instance_;
    question.policyVersion = state->version;
    question.policyCommit = state->commit;
    question.inventoryDigest = inventory_.digest();
    question.pendingEvents = parts_.events.pending();
    const auto answer = client_->checkin(question);
    if (!answer) return answer.error();
    nextCheckin_ = parts_.clock.monotonic() + answer->nextCheckin;
    lastAnswer_ = parts_.clock.now();
    heard_ = parts_.clock.monotonic();
    learnTime(answer->controllerTime);
    learnQuarantine(answer->quarantined);
    if (answer->quarantined) return false;
    // What goes wrong from here on is for each part alone: an inventory that is refused must not
    // keep an order from its renewal.
    fetchDocumentsIfDue(*answer, *state);
    sendInventoryIfChanged(answer->wantInventory);
    return takeOrders(answer->orders);
}

bool Conversation::takeOrders(const std::vector<model::Order>& orders)
{
    bool took = false;
    const bool heardAll = parts_.events.pending() == 0;
    for (const auto& order : orders) {
        if (order.agent != identity_.agent) {
            tellRefused("an order for another agent: " + toPrintable(order.agent.text(), 64));
            continue;
        }
        if (auto taken = parts_.desk.take(order, heardAll); !taken)
            parts_.log.error("order " + order.id.text() + ": " + taken.error().message);
        else
            took = true;
    }
    return took;
}

// Told once, and not without end: whoever plays the controller must not fill this host's disk.
void Conversation::tellRefused(const std::string& what)
{
    const auto now = parts_.clock.monotonic();
    std::erase_if(refusals_, [&](const auto& one) { return now - one.second >= refusedFor; });
    if (refusals_.size() >= refusalsAtMost || refusals_.count(what) != 0) return;
    refusals_.emplace(what, now);
    auto event = newEvent("agent.refused_answer", model::Outcome::Denied);
    event.reason = "what the controller said was refused: " + toPrintable(what, 2000);
    parts_.log.error(event.reason);
    (void)report(std::move(event));
}

void Conversation::learnTime(TimePoint controllerTime)
{
    const bool differ = std::chrono::abs(controllerTime - parts_.clock.now()) > tolerableSkew;
    if (differ == timesDiffer_.load()) return;
    timesDiffer_ = differ;
    if (!differ) return parts_.log.info("the controller's clock and this host's agree again");
    auto event = newEvent("renewal.blocked", model::Outcome::Failure);
    event.reason = "the controller says it is " + toRfc3339(controllerTime) + ", this host " +
                   toRfc3339(parts_.clock.now()) + ": renewals without an order wait";
    event.details = {{"by", "clock"}};
    parts_.log.error(event.reason);
    (void)report(std::move(event));
}

void Conversation::learnQuarantine(bool quarantined)
{
    if (quarantined == quarantined_.load()) return;
    quarantined_ = quarantined;
    if (!quarantined) {
        if (auto removed = parts_.files.remove(quarantineFile()); !removed)
            parts_.log.error(removed.error().message);
        return parts_.log.info("an operator has ended the quarantine: renewals go on");
    }
    auto event = newEvent("renewal.blocked", model::Outcome::Denied);
    event.reason = "the controller hears two copies of this agent, of a cloned machine or with a "
                   "stolen identity: nothing is renewed until an operator has looked";
    event.details = {{"by", "quarantine"}};
    parts_.log.error(event.reason);
    if (auto kept = parts_.files.replace(quarantineFile(), toRfc3339(parts_.clock.now())); !kept)
        parts_.log.error(kept.error().message);
    (void)report(std::move(event));
}

void Conversation::fetchDocumentsIfDue(
    const protocol::CheckinAnswer& answer, const DesiredState& held)
{
    const auto& commit = answer.policyCommit;
    const bool newer = answer.policyVersion != held.version || commit != held.commit;
    const auto now = parts_.clock.monotonic();
    if (commit.empty() || (!newer && now < refetch_)) return;
    if (commit == refusedCommit_ && now < refusedUntil_) return;
    const auto fetched = fetchDocuments(held);
    if (fetched) return refusedCommit_.clear();
    const auto& [kind, message] = fetched.error();
    const bool mayMend = isRetryable(kind) || kind == ErrorKind::Internal;
    if (mayMend) return parts_.log.warning("policies: " + message);
    parts_.log.error(
        "the policies of " + commit + " are refused, the last good ones stay: " + message);
    refusedUntil_ = now + refusedFor;
    if (commit == refusedCommit_) return;
    refusedCommit_ = commit;
    auto event = newEvent("policy.rejected", model::Outcome::Failure);
    event.reason = toPrintable(message, 2000);
    event.details = {{"commit", commit}};
    (void)report(std::move(event));
}

Status Conversation::fetchDocuments(const DesiredState& held)
{
    const auto documents = client_->documents(parts_.desired.demandsSignatures());
    if (!documents) return documents.error();
    if (auto adopted = parts_.desired.adopt(
            *documents, identity_.agent, identity_.hostName, parts_.clock.now());
        !adopted)
        return adopted;
    const auto state = parts_.desired.current();
    refetch_ = refetchAfter(*state, parts_.clock);
    if (state->commit == held.commit) return {};
    parts_.log.info("policies of commit " + state->commit);
    auto event = newEvent("policy.applied", model::Outcome::Success);
    event.details = {{"version", state->version}, {"documents", documents->documents.size()}};
    (void)report(std::move(event));
    return {};
}

// Not a refusal: renewals go on under it.
void Conversation::tellExpiredPolicy()
{
    const auto state = parts_.desired.current();
    if (state->version == 0 || parts_.clock.now() < state->expires) return;
    const auto manifest = state->commit + " " + toRfc3339(state->expires);
    if (expiryTold_.empty()) {
        if (auto told = parts_.files.read(expiryFile(), 256)) expiryTold_ = *std::move(told);
    }
    if (expiryTold_ == manifest) return;
    auto event = newEvent("policy.expired", model::Outcome::Failure);
    event.reason = "nobody confirmed or signed the policies of commit " + state->commit +
                   " anew in time; they stay in force and renewals go on";
    event.details = {{"expires", toRfc3339(state->expires)}};
    parts_.log.error(event.reason);
    // Told first, then remembered: after a crash it is rather told twice than never.
    if (!report(std::move(event))) return;
    expiryTold_ = manifest;
    if (auto kept = parts_.files.replace(expiryFile(), manifest); !kept)
        parts_.log.error(kept.error().message);
}

// After a check-in that failed: where this host's clock alone is wrong, the controller still
// answers. The event waits in the queue until the agent has joined again.
void Conversation::tellExpiredIdentity()
{
    const auto ends = identityEnds_.load();
    if (parts_.clock.now() < ends || identityEndTold_ == ends) return;
    identityEndTold_ = ends;
    auto event = newEvent("agent.identity_expired", model::Outcome::Failure);
    event.reason =
        "the identity of " + identity_.agent.text() + " has expired at " + toRfc3339(ends) +
        ", so the controller refuses it. Renewals go on under the last policies. Have an "
        "operator make a join token for " +
        toPrintable(identity_.hostName, 255) +
        ", stop the agent, run `perennial-agent join` and start it again";
    event.details = {{"not_after", toRfc3339(ends)}};
    parts_.log.error(event.reason);
    (void)report(std::move(event));
}

model::AuditEvent Conversation::newEvent(const std::string& kind, model::Outcome outcome) const
{
    model::AuditEvent event;
    event.time = parts_.clock.preciseNow();
    event.id = uuidV7(event.time);
    event.kind = kind;
    event.actor = {"agent", identity_.agent.text(), "mtls", ""};
    event.agentId = identity_.agent.text();
    event.host = identity_.hostName;
    event.outcome = outcome;
    event.policy = parts_.desired.current()->commit;
    return event;
}

Status Conversation::report(model::AuditEvent event)
{
    auto added = parts_.events.add({std::move(event)});
    if (!added) parts_.log.error(added.error().message);
    return added;
}

void Conversation::sendInventoryIfChanged(bool wanted)
{
    const auto inventory = parts_.slots.inventory();
    if (inventory->scannedAt == TimePoint()) return; // no scan has ended yet
    if (!wanted && protocol::inventoryDigest(*inventory) == inventory_.digest()) return;
    if (auto sent = sendInventory(*inventory, wanted); !sent)
        return parts_.log.warning("the inventory stays here for now: " + sent.error().message);
    inventory_ = protocol::SentInventory(*inventory);
}

// The changes do where both sides agree on what they change; else the whole does.
Status Conversation::sendInventory(const model::InventoryReport& inventory, bool whole)
{
    if (whole || inventory_.digest().empty()) return client_->sendInventory(inventory);
    auto sent = client_->sendChanges(inventory_.changesTo(inventory));
    if (sent || sent.error().kind == ErrorKind::Unavailable) return sent;
    return client_->sendInventory(inventory);
}

void Conversation::sendEvents()
{
    if (parts_.clock.monotonic() < nextEvents_) return;
    while (parts_.events.pending() > 0) {
        const auto before = parts_.events.pending();
        const auto acknowledged =
            client_->sendEvents({parts_.events.epoch(), parts_.events.next(batchSize)});
        auto done = acknowledged ? parts_.events.acknowledge(*acknowledged) : acknowledged.error();
        if (done && parts_.events.pending() >= before)
            done = Error{ErrorKind::Unavailable, "the controller acknowledged none of them"};
        if (!done) {
            if (eventFailures_++ == 0)
                parts_.log.warning("events stay here for now: " + done.error().message);
            nextEvents_ = parts_.clock.monotonic() + backOff(eventFailures_);
            return;
        }
        eventFailures_ = 0;
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
    identityEnds_ = identity_.tls.chain.front().notAfter();
    client_ = std::make_unique<ControllerClient>(parts_.config.controllerUrl, identity_);
    parts_.log.info("the agent's identity was renewed");
}

} // namespace perennial::agent
