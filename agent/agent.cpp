#include "agent/agent.h"

#include "agent/scanner_client.h"
#include "shared/base/encoding.h"
#include "shared/base/file_destruction.h"
#include "shared/base/file_lock.h"
#include "shared/base/memory.h"
#include "shared/base/random.h"

#include <algorithm>

namespace perennial::agent {

namespace {

constexpr std::chrono::milliseconds turn{1000};
constexpr Duration finishedKept = std::chrono::hours(24 * 7);
constexpr Duration serviceMoment{10}; // for a graceful reload to show

} // namespace

Agent::Agent(const AgentConfig& config, FileSystem& files, const Clock& clock, const Log& log)
    : config_(config), files_(files), clock_(clock), log_(log),
      journal_(files, config.renewalsFolder()), installer_(config.installerSocket),
      enroller_(config, files), eyes_(clock, serviceMoment),
      desired_(files, config.state + "/documents.json"), slots_(files, config.state),
      pauses_(files, config.state + "/pauses.json"), changes_(clock, log, config.intervals.scan),
      superseded_(files, config.state + "/superseded.json"),
      runner_({journal_, installer_, enroller_, eyes_, clock,
          [this](const auto& events) { return publish(events); }, config.intervals.retry,
          [this](const Superseded& one) { return superseded_.add(one); }}),
      desk_({journal_, runner_, desired_, slots_, pauses_, clock,
          [this](const auto& events) { return publish(events); }, config.credentialFacts()}),
      trust_({desired_, installer_, clock, [this](const auto& events) { return publish(events); },
          config.alone(), config.intervals.scan}),
      retirement_({superseded_, desired_, slots_, installer_, enroller_, eyes_, clock,
          [this](const auto& events) { return publish(events); }, config.intervals.scan})
{
}

Result<std::unique_ptr<Agent>> Agent::open(
    const AgentConfig& config, FileSystem& files, const Clock& clock, const Log& log)
{
    if (auto made = files.makeFolder(config.renewalsFolder()); !made) return made.error();
    auto lock = tryLockFile(config.state + "/lock");
    if (!lock && lock.error().kind == ErrorKind::Conflict)
        return Error{ErrorKind::Conflict, "another agent works with " + config.state};
    if (!lock) return lock.error();
    std::unique_ptr<Agent> agent(new Agent(config, files, clock, log));
    agent->stateLock_ = *std::move(lock);
    if (auto loaded = agent->load(); !loaded) return loaded.error();
    return agent;
}

Status Agent::load()
{
    for (const auto& folder : {config_.state, config_.renewalsFolder()}) {
        if (auto cleared = destroyTemporaries(files_, folder); !cleared) return cleared;
    }
    std::string epoch = "alone";
    if (!config_.alone()) {
        auto identity = loadIdentity(files_, config_);
        if (!identity && identity.error().kind == ErrorKind::NotFound)
            return Error{ErrorKind::NotFound,
                "this agent has not joined a controller: run `perennial-agent join` first"};
        if (!identity) return identity.error();
        epoch = identity->epoch;
        identity_ = *std::move(identity);
    }
    auto events = EventQueue::open(files_, config_.state, epoch);
    if (!events) return events.error();
    events_ = *std::move(events);
    if (auto loaded = loadMemory(); !loaded) return loaded;
    // A pause is caution: without the file none holds, and renewals go on.
    if (auto loaded = pauses_.load(); !loaded) log_.error(loaded.error().message);
    if (config_.policySigners) {
        auto signedPolicies = SignedPolicies::open(files_, *config_.policySigners, config_.state);
        if (!signedPolicies) return signedPolicies.error();
        desired_.demand(*std::move(signedPolicies));
    }
    if (config_.alone()) {
        if (auto read = desired_.readFolder(config_.policies, config_.labels, localHostName());
            !read)
            return read.error().in(config_.policies);
    } else if (auto loaded = desired_.load(identity_->agent, identity_->hostName, clock_.now());
               !loaded) {
        // The controller has them; until it answers, renewals under way go on without them.
        log_.error(
            "the last policies cannot be read and are asked for anew: " + loaded.error().message);
    }
    if (auto loaded = desk_.load(); !loaded) return loaded;
    if (identity_)
        conversation_ = std::make_unique<Conversation>(
            Conversation::Parts{config_, files_, clock_, desired_, slots_, *events_, desk_, log_},
            *identity_);
    answers_ = std::make_unique<HostAnswers>(HostAnswers::Parts{config_, clock_, desired_, slots_,
        changes_, pauses_, superseded_, journal_, desk_, *events_, identity_, conversation_.get(),
        [this] { return howAlone(); }, [this] { wakeWork(); }, [this] { scanNow(); },
        [this](const Renewal& renewal) { // a connection of its own: it is another thread
            return InstallerClient(config_.installerSocket).preflight(renewal);
        }});
    return {};
}

// A damaged record stops neither the agent nor the renewals that have a sound one.
Status Agent::loadMemory()
{
    auto damaged = slots_.load();
    if (!damaged) return damaged.error();
    const auto renewals = journal_.setAsideDamaged();
    if (!renewals) return renewals.error();
    damaged->insert(damaged->end(), renewals->begin(), renewals->end());
    std::vector<model::AuditEvent> events;
    for (const auto& problem : *damaged)
        events.push_back(ownEvent("agent.state_damaged", problem));
    return publish(events);
}

// Of a failure that belongs to no renewal.
model::AuditEvent Agent::ownEvent(const std::string& kind, const std::string& reason) const
{
    model::AuditEvent event;
    event.time = clock_.preciseNow();
    event.id = uuidV7(event.time);
    event.kind = kind;
    event.actor = {"agent", "", "mtls", ""};
    event.host = identity_ ? identity_->hostName : "";
    event.outcome = model::Outcome::Failure;
    event.reason = toPrintable(reason, 1024);
    return event;
}

Agent::~Agent()
{
    std::unique_ptr<PeriodicTask> working;
    std::unique_ptr<PeriodicTask> talking;
    const std::lock_guard lock(tasks_);
    working = std::move(working_);
    talking = std::move(talking_);
}

void Agent::start()
{
    const std::lock_guard lock(tasks_);
    working_ = std::make_unique<PeriodicTask>(turn, [this] { work(); });
    if (conversation_) talking_ = std::make_unique<PeriodicTask>(turn, [this] { talk(); });
}

void Agent::wakeWork()
{
    const std::lock_guard lock(tasks_);
    if (working_) working_->wakeUp();
}

void Agent::wakeTalk()
{
    const std::lock_guard lock(tasks_);
    if (talking_) talking_->wakeUp();
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
    if (!identity_) return {}; // nobody to send them to: the log has them
    // A renewal that began before this host joined does not know the agent's name.
    auto own = events;
    for (auto& event : own)
        event.agentId = event.actor.id = identity_->agent.text();
    return events_->add(own);
}

RenewalDesk::Alone Agent::howAlone() const
{
    if (!conversation_) return RenewalDesk::Alone::Planned;
    if (conversation_->isQuarantined()) return RenewalDesk::Alone::Quarantine;
    if (conversation_->clockIsInDoubt()) return RenewalDesk::Alone::Doubt;
    return conversation_->silentFor() >= config_.intervals.unanswered
               ? RenewalDesk::Alone::Silence
               : RenewalDesk::Alone::Patience;
}

void Agent::work()
{
    scanIfDue();
    const auto alone = howAlone();
    const auto ruled = desk_.followRule();
    const auto begun = desk_.goAlone(alone, config_.intervals.unanswered);
    const auto advance = desk_.advance(alone == RenewalDesk::Alone::Quarantine);
    Status retired;
    if (alone != RenewalDesk::Alone::Quarantine) {
        trust_.runIfDue();
        retired = retirement_.runIfDue();
    }
    enroller_.release();
    installer_.hangUp();
    complain(!ruled ? ruled : !begun ? begun : !advance.problem ? advance.problem : retired);
    if (advance.ended) {
        nextScan_ = std::chrono::milliseconds(0); // the slot has another certificate now
        scanIfDue();
        if (auto done = journal_.forgetFinishedBefore(clock_.now() - finishedKept); !done)
            log_.error(done.error().message);
    }
    if (events_->pending() > 0) wakeTalk();
}

void Agent::complain(const Status& status)
{
    const auto complaint = status ? "" : status.error().message;
    if (!complaint.empty() && complaint != complaint_) log_.error(complaint);
    complaint_ = complaint;
}

void Agent::scanIfDue()
{
    const auto now = clock_.monotonic();
    if (now < nextScan_.load() && !changes_.wantsScan()) return;
    // While files are being switched, what lies there is not what will stay: nobody should hear of
    // it.
    const auto renewals = desk_.open();
    if (std::any_of(renewals.begin(), renewals.end(), [](const Renewal& renewal) {
            return std::holds_alternative<CertificateReady>(renewal.stage) ||
                   std::holds_alternative<Installed>(renewal.stage);
        }))
        return;
    nextScan_ = now + config_.intervals.scan;
    changes_.scanBegins();
    auto report = scan(config_.scanner);
    if (!report) {
        changes_.scanFailed();
        tellFailedScan(report.error());
        nextScan_ = now + std::min(config_.intervals.retry, config_.intervals.scan);
        return;
    }
    scanFailed_ = false;
    const auto desired = desired_.current();
    changes_.scanEnds(*report, report->slots != slots_.inventory()->slots,
        [&](const model::Slot& slot) { return desired->policyFor(slot) != nullptr; });
    report->found = {}; // for `discover`; here it would only fill the memory
    report->configuration = {};
    if (auto put = slots_.put(*report); !put) log_.error(put.error().message);
    giveBackMemory();
}

void Agent::tellFailedScan(const Error& error)
{
    log_.error("scan: " + error.message);
    if (scanFailed_) return;
    auto event = ownEvent("scan.failed", error.message);
    event.policy = desired_.current()->commit;
    scanFailed_ = static_cast<bool>(publish({event}));
}

void Agent::talk()
{
    conversation_->sendEvents();
    if (!conversation_->isDue()) return;
    if (conversation_->takeTurn()) wakeWork();
    giveBackMemory();
}

void Agent::scanNow()
{
    nextScan_ = std::chrono::milliseconds(0);
    wakeWork();
}

} // namespace perennial::agent
