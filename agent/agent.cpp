#include "agent/agent.h"

#include "agent/scanner_client.h"
#include "shared/base/memory.h"
#include "shared/base/random.h"
#include "shared/rules/renewal_rules.h"

namespace perennial::agent {

namespace {

constexpr std::chrono::milliseconds turn{1000};
constexpr Duration finishedKept = std::chrono::hours(24 * 7);
constexpr Duration serviceMoment{10}; // for a graceful reload to show

} // namespace

Agent::Agent(const AgentConfig& config, FileSystem& files, const Clock& clock, const Log& log)
    : config_(config), files_(files), clock_(clock), log_(log),
      journal_(files, config.renewalsFolder()), installer_(config.installerSocket),
      enroller_(config.enroller, config.installerSocket), eyes_(clock, serviceMoment),
      desired_(files, config.state + "/documents.json"), slots_(files, config.state),
      runner_({journal_, installer_, enroller_, eyes_, clock,
          [this](const auto& events) { return publish(events); }, config.intervals.retry}),
      desk_({journal_, runner_, desired_, slots_, clock,
          [this](const auto& events) { return publish(events); }, config.intervals.retry})
{
}

Result<std::unique_ptr<Agent>> Agent::open(
    const AgentConfig& config, FileSystem& files, const Clock& clock, const Log& log)
{
    if (auto made = files.makeFolder(config.renewalsFolder()); !made) return made.error();
    std::unique_ptr<Agent> agent(new Agent(config, files, clock, log));
    std::string epoch = "alone";
    if (!config.alone()) {
        auto identity = loadIdentity(files, config);
        if (!identity && identity.error().kind == ErrorKind::NotFound)
            return Error{ErrorKind::NotFound,
                "this agent has not joined a controller: run `perennial-agent join` first"};
        if (!identity) return identity.error();
        epoch = identity->epoch;
        agent->identity_ = *std::move(identity);
    }
    auto events = EventQueue::open(files, config.state, epoch);
    if (!events) return events.error();
    agent->events_ = *std::move(events);
    if (auto loaded = agent->slots_.load(); !loaded) return loaded.error();
    if (config.alone()) {
        if (auto read = agent->desired_.readFolder(config.policies, config.labels, localHostName());
            !read)
            return read.error().in(config.policies);
    } else if (auto loaded =
                   agent->desired_.load(agent->identity_->agent, agent->identity_->hostName);
               !loaded) {
        return loaded.error();
    }
    if (auto loaded = agent->desk_.load(); !loaded) return loaded.error();
    if (agent->identity_)
        agent->conversation_ = std::make_unique<Conversation>(
            Conversation::Parts{config, files, clock, agent->desired_, agent->slots_,
                *agent->events_, agent->desk_, log},
            *agent->identity_);
    return agent;
}

void Agent::start()
{
    working_ = std::make_unique<PeriodicTask>(turn, [this] { work(); });
    if (conversation_) talking_ = std::make_unique<PeriodicTask>(turn, [this] { talk(); });
}

Status Agent::publish(const std::vector<model::AuditEvent>& events)
{
    for (const auto& event : events) {
        const auto line = event.kind + " " + event.correlationId +
                          (event.reason.empty() ? "" : ": " + event.reason);
        if (event.outcome == model::Outcome::Success || event.outcome == model::Outcome::Unknown)
            log_.info(line);
        else
            log_.warning(line);
    }
    if (!conversation_ && config_.alone()) return {}; // nobody to send them to: the log has them
    return events_->add(events);
}

void Agent::work()
{
    scanIfDue();
    const bool silence =
        conversation_ && clock_.now() - conversation_->lastAnswer() >= config_.intervals.unanswered;
    const auto alone = !conversation_ ? RenewalDesk::Alone::Planned
                       : silence      ? RenewalDesk::Alone::Silence
                                      : RenewalDesk::Alone::Patience;
    if (auto begun = desk_.goAlone(alone, config_.intervals.unanswered); !begun)
        log_.error(begun.error().message);
    const auto ended = desk_.advance();
    if (!ended) log_.error(ended.error().message);
    if (ended && *ended) {
        nextScan_ = TimePoint(); // the slot has another certificate now
        scanIfDue();
        if (auto done = journal_.forgetFinishedBefore(clock_.now() - finishedKept); !done)
            log_.error(done.error().message);
    }
    if (events_->pending() > 0 && talking_) talking_->wakeUp();
}

void Agent::scanIfDue()
{
    const auto now = clock_.now();
    if (now < nextScan_.load()) return;
    nextScan_ = now + config_.intervals.scan;
    const auto report = scan(config_.scanner);
    if (!report) {
        log_.error("scan: " + report.error().message);
        nextScan_ = now + std::min(config_.intervals.retry, config_.intervals.scan);
        return;
    }
    if (auto put = slots_.put(*report); !put) log_.error(put.error().message);
    giveBackFreeMemory();
}

void Agent::talk()
{
    conversation_->sendEvents();
    if (clock_.now() < conversation_->nextCheckin()) return;
    if (conversation_->takeTurn() && working_) working_->wakeUp();
    giveBackFreeMemory();
}

Json Agent::answerCommand(const Json& command)
{
    const auto* name = command.find("command");
    const auto* text = name == nullptr ? nullptr : name->string();
    if (text != nullptr && *text == "status") return statusJson();
    if (text != nullptr && *text == "slots") return slotsJson();
    if (text != nullptr && *text == "renew") return renewJson(command);
    if (text != nullptr && *text == "scan") {
        nextScan_ = TimePoint();
        if (working_) working_->wakeUp();
        Json answer;
        answer["scan"] = "asked";
        return answer;
    }
    Json answer;
    answer["error"] = "unknown command";
    return answer;
}

Json Agent::statusJson() const
{
    const auto state = desired_.current();
    Json json;
    json["agent_id"] = identity_ ? identity_->agent.text() : "";
    json["host"] = identity_ ? identity_->hostName : localHostName();
    json["controller"] = config_.controllerUrl;
    json["last_answer"] = conversation_ ? toRfc3339(conversation_->lastAnswer()) : "";
    json["identity_not_after"] =
        identity_ ? toRfc3339(identity_->tls.chain.front().notAfter()) : "";
    json["policy_commit"] = state->commit;
    json["policy_version"] = state->version;
    json["slots"] = slots_.inventory()->slots.size();
    json["scanned_at"] = toRfc3339(slots_.inventory()->scannedAt);
    json["pending_events"] = events_->pending();
    json["renewals"] = Json(Json::Array{});
    for (const auto& renewal : desk_.open()) {
        Json item;
        item["order_id"] = renewal.order.id.text();
        item["slot_id"] = renewal.order.slot.text();
        item["stage"] = nameOf(renewal.stage);
        item["problem"] = renewal.lastProblem;
        item["next_try"] = toRfc3339(renewal.nextTry);
        json["renewals"].push(std::move(item));
    }
    return json;
}

Json Agent::slotsJson() const
{
    const auto state = desired_.current();
    Json json;
    json["items"] = Json(Json::Array{});
    for (const auto& slot : slots_.inventory()->slots) {
        auto item = protocol::toJson(slot);
        if (item.object() != nullptr) item.object()->erase("certificate_pem");
        const auto* policy = state->policyFor(slot);
        item["policy"] = policy == nullptr ? "" : policy->name;
        item["renewal_at"] =
            policy == nullptr ? "" : toRfc3339(rules::renewalTime(slot.certificate, *policy));
        item["matching"] = Json(Json::Array{});
        for (const auto& line : policy::explainMatch(state->set, state->host, slot))
            item["matching"].push(line);
        json["items"].push(std::move(item));
    }
    return json;
}

Json Agent::renewJson(const Json& command)
{
    const auto* slot = command.find("slot");
    Json json;
    const auto order = slot == nullptr || slot->string() == nullptr
                           ? Result<model::OrderId>(Error{ErrorKind::InvalidInput, "name a slot"})
                           : desk_.renewNow(model::SlotId(*slot->string()));
    if (!order) {
        json["error"] = order.error().message;
        return json;
    }
    json["order_id"] = order->text();
    if (working_) working_->wakeUp();
    return json;
}

} // namespace perennial::agent
