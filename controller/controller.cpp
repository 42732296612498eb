#include "controller/controller.h"

#include "controller/api/answers.h"
#include "controller/audit/audit_outbox.h"
#include "shared/base/random.h"

namespace perennial::controller {

namespace {

constexpr std::chrono::milliseconds integrateEvery{500};
constexpr std::chrono::milliseconds tendEvery{5000};
constexpr Duration signAgainWithin = std::chrono::hours(24 * 14);

model::AuditEvent ownEvent(const std::string& kind, PreciseTime now)
{
    model::AuditEvent event;
    event.id = uuidV7(now);
    event.kind = kind;
    event.time = now;
    event.actor = {"controller", "", "", ""};
    return event;
}

Result<std::vector<Publisher::NamedSink>> makeSinks(
    const ControllerConfig& config, const PluginRegistry& plugins)
{
    std::vector<Publisher::NamedSink> sinks;
    for (const auto& settings : config.sinks) {
        auto sink = plugins.makeAuditSink(settings.kind, settings.settings);
        if (!sink) return sink.error().in("sink " + settings.name);
        sinks.push_back({settings.name, *std::move(sink)});
    }
    return sinks;
}

} // namespace

Controller::Controller(const ControllerConfig& config, FileSystem& files, const Clock& clock,
    const Log& log, std::unique_ptr<sql::Database> database, IdentityAuthority authority,
    std::unique_ptr<AuditLog> audit)
    : config_(config), clock_(clock), log_(log), database_(std::move(database)),
      authority_(std::move(authority)), audit_(std::move(audit)),
      policies_(config.policies, files, clock), inventory_(*database_, clock),
      orders_(*database_, clock), joinDesk_(*database_, authority_, clock),
      intake_(*database_, clock), directory_(*database_, clock),
      quarantine_(*database_, directory_, clock)
{
}

Controller::~Controller() { stop(); }

Result<std::unique_ptr<Controller>> Controller::open(const ControllerConfig& config,
    FileSystem& files, const Clock& clock, const Log& log, const PluginRegistry& plugins)
{
    auto authority = IdentityAuthority::open(config.state);
    if (!authority) return authority.error();
    auto database = sql::Database::open(config.databaseFile(), allMigrations());
    if (!database) return database.error();
    auto audit = AuditLog::open(files, **database, clock, auditSettings(config));
    if (!audit) return audit.error().in("audit log");
    std::unique_ptr<Controller> controller(new Controller(
        config, files, clock, log, *std::move(database), *std::move(authority), *std::move(audit)));
    auto sinks = makeSinks(config, plugins);
    if (!sinks) return sinks.error();
    auto publisher =
        Publisher::start(*std::move(sinks), *controller->audit_, files, clock, config.sinkFolder());
    if (!publisher) return publisher.error();
    controller->publisher_ = *std::move(publisher);
    if (config.enrollmentWatch) {
        auto watch =
            EnrollmentWatch::open(*config.enrollmentWatch, files, *controller->database_, clock);
        if (!watch) return watch.error().in("enrollment_watch");
        controller->watch_ = *std::move(watch);
    }
    if (auto loaded = controller->policies_.load(); !loaded)
        log.error("the policies of the last run cannot be read: " + loaded.error().message);
    if (auto loaded = controller->directory_.reload(); !loaded) return loaded.error();
    return controller;
}

OperatorParts Controller::operatorParts()
{
    const auto changed = [this] {
        if (integrating_) integrating_->wakeUp();
    };
    return {config_.name, *database_, directory_, quarantine_, joinDesk_, orders_, policies_,
        *audit_, *publisher_, clock_, log_, config_.silentAfter, watch_ != nullptr, changed,
        [this] { return refreshPolicies(); }, [this] { return notReady(); }};
}

Status Controller::startServers()
{
    agentApi_ = std::make_unique<AgentApi>(AgentApi::Parts{directory_, quarantine_, joinDesk_,
        inventory_, intake_, policies_, clock_, log_, config_.checkinEvery, [this] {
            if (integrating_) integrating_->wakeUp();
            if (planning_) planning_->wakeUp();
        }});
    operatorApi_ = std::make_unique<OperatorApi>(operatorParts());

    using ClientCertificate = tls::ServerSettings::ClientCertificate;
    auto agentIdentity = authority_.issueServer(config_.agentApi.names, clock_.now());
    if (!agentIdentity) return agentIdentity.error();
    auto agentServer = http::Server::start({config_.agentApi.host, config_.agentApi.port},
        {*agentIdentity, ClientCertificate::Optional, {authority_.certificate()}}, {},
        [this](const http::Call& call) { return agentApi_->answer(call); }, log_,
        {[this](const http::Call& call) { return agentApi_->admit(call); }, refusalAnswer});
    if (!agentServer) return agentServer.error().in("agent API");
    auto operatorIdentity = authority_.issueServer(config_.operatorApi.names, clock_.now());
    if (!operatorIdentity) return operatorIdentity.error();
    http::ServerLimits operatorLimits;
    operatorLimits.body = OperatorApi::mostBytes;
    auto operatorServer = http::Server::start({config_.operatorApi.host, config_.operatorApi.port},
        {*operatorIdentity, ClientCertificate::No, {}}, operatorLimits,
        [this](const http::Call& call) { return operatorApi_->answer(call); }, log_,
        {{}, refusalAnswer});
    if (!operatorServer) return operatorServer.error().in("operator API");
    agentServer_ = *std::move(agentServer);
    operatorServer_ = *std::move(operatorServer);
    return {};
}

Status Controller::start()
{
    integrating_ = std::make_unique<PeriodicTask>(integrateEvery, [this] { integrate(); });
    following_ = std::make_unique<PeriodicTask>(
        std::chrono::milliseconds(config_.policiesEvery), [this] { followPolicies(); });
    planning_ = std::make_unique<PeriodicTask>(
        std::chrono::milliseconds(config_.planEvery), [this] { plan(); });
    tending_ = std::make_unique<PeriodicTask>(tendEvery, [this] { tend(); });
    if (watch_)
        watching_ = std::make_unique<PeriodicTask>(
            std::chrono::milliseconds(config_.enrollmentWatch->every),
            [this] { watchEnrollment(); });
    if (auto started = startServers(); !started) return started;
    log_.info("agents on " + config_.agentApi.host + ":" + std::to_string(agentServer_->port()) +
              ", operators on " + config_.operatorApi.host + ":" +
              std::to_string(operatorServer_->port()));
    return {};
}

void Controller::stop()
{
    if (stopped_.exchange(true)) return;
    agentServer_.reset();
    operatorServer_.reset();
    following_.reset();
    watching_.reset();
    planning_.reset();
    tending_.reset();
    integrating_.reset();
    if (auto saved = directory_.saveSeen(); !saved) log_.error(saved.error().message);
    if (auto stopped = audit_->stop(); !stopped)
        log_.error("audit log: " + stopped.error().message);
    if (publisher_) publisher_->stop();
}

void Controller::integrate()
{
    const auto before = audit_->size();
    if (auto done = audit_->integrate(); !done) log_.error("audit log: " + done.error().message);
    if (audit_->size() != before) publisher_->wakeUp();
}

void Controller::plan()
{
    const auto snapshot = policies_.current();
    if (!snapshot) return;
    const auto placed = orders_.planAndPlace(*snapshot);
    if (!placed) {
        log_.error("planning: " + placed.error().message);
        return;
    }
    if (placed->empty()) return;
    for (const auto& order : *placed)
        log_.info("order " + order.id.text() + " for " + order.agent.text() + " " +
                  order.slot.text() + ": " + order.reason);
    if (auto reloaded = directory_.reload(); !reloaded) log_.error(reloaded.error().message);
    integrating_->wakeUp();
}

void Controller::tend()
{
    if (auto saved = directory_.saveSeen(); !saved) log_.error(saved.error().message);
    const auto told = inventory_.tellOfExpiry();
    if (!told) log_.error("expiry alerts: " + told.error().message);
    if (told && *told > 0) integrating_->wakeUp();
    tellOfSilentAgents();
    tellOfExpiredIdentities();
    tellOfSignedPolicies();
}

void Controller::watchEnrollment()
{
    const auto looked = watch_->look();
    const auto& reached = looked ? looked->reached : Status(looked.error());
    const auto failure = reached ? std::string() : reached.error().message;
    if (!failure.empty() && failure != watchFailure_) // said once, tried again each time
        log_.warning("the enrolment service is not watched at the moment: " + failure);
    watchFailure_ = failure;
    if (looked && looked->told > 0) integrating_->wakeUp();
}

void Controller::tellOfExpiredIdentities()
{
    for (const auto& agent : directory_.all()) {
        auto& told = expired_[agent.agent];
        const auto ends = agent.identityNotAfter;
        if (agent.state == "revoked" || clock_.now() < ends || told == ends) continue;
        told = ends;
        auto event = ownEvent("agent.identity_expired", clock_.preciseNow());
        event.outcome = model::Outcome::Failure;
        event.agentId = agent.agent.text();
        event.host = toPrintable(agent.host, 255);
        event.reason = "its calls are refused; make a join token for the host and join again";
        event.details = {{"not_after", toRfc3339(ends)}};
        log_.error("the identity of " + event.agentId + " on " + event.host + " has expired at " +
                   toRfc3339(ends) + ": " + event.reason);
        audit_->note(std::move(event));
        integrating_->wakeUp();
    }
}

// Before agents refuse anything: its owners must sign anew.
void Controller::tellOfSignedPolicies()
{
    const auto snapshot = policies_.current();
    if (!snapshot || !snapshot->signedDocuments) return;
    const auto& documents = *snapshot->signedDocuments;
    const auto now = clock_.now();
    if (now < documents.expires - signAgainWithin) return;
    auto event = ownEvent(
        now < documents.expires ? "policy.expiring" : "policy.expired", clock_.preciseNow());
    const auto told = documents.mark.manifestHash + event.kind;
    if (told == signedTold_) return;
    signedTold_ = told;
    event.outcome = model::Outcome::Failure;
    event.policy = snapshot->manifest.commit;
    event.reason = "the signed manifest of " + documents.mark.repository + " counts until " +
                   toRfc3339(documents.expires) +
                   ": make and sign a new one (`perennial policies manifest`); past its end, "
                   "agents that demand signatures take no documents, and keep those they have";
    event.details = {{"expires", toRfc3339(documents.expires)}};
    log_.warning(event.reason);
    audit_->note(std::move(event));
    integrating_->wakeUp();
}

void Controller::tellOfSilentAgents()
{
    for (const auto& agent : directory_.all()) {
        if (agent.state == "revoked") continue;
        const bool silent = clock_.now() - agent.lastSeen >= config_.silentAfter;
        auto& told = silent_[agent.agent];
        if (silent && !told) {
            auto event = ownEvent("agent.silent", clock_.preciseNow());
            event.outcome = model::Outcome::Unknown;
            event.agentId = agent.agent.text();
            event.host = toPrintable(agent.host, 255);
            event.details = {{"last_seen", toRfc3339(agent.lastSeen)}};
            audit_->note(std::move(event));
        }
        told = silent;
    }
}

void Controller::followPolicies()
{
    if (auto done = refreshPolicies(); !done) log_.warning("policies: " + done.error().message);
}

Status Controller::refreshPolicies()
{
    const std::lock_guard lock(refreshing_);
    const auto outcome = policies_.refresh();
    if (!outcome) return outcome.error();
    if (*outcome != PolicySource::Outcome::Unchanged) tellOfPolicies(*outcome);
    return {};
}

void Controller::tellOfPolicies(PolicySource::Outcome outcome)
{
    const bool applied = outcome == PolicySource::Outcome::Applied;
    auto event = ownEvent(applied ? "policy.applied" : "policy.rejected", clock_.preciseNow());
    if (applied) {
        const auto snapshot = policies_.current();
        event.policy = snapshot->manifest.commit;
        event.details = {{"version", snapshot->manifest.version},
            {"documents", static_cast<std::int64_t>(snapshot->documents.size())}};
        log_.info("policies of commit " + snapshot->manifest.commit + " apply");
    } else {
        const auto refused = policies_.refused();
        event.outcome = model::Outcome::Failure;
        event.policy = refused->commit;
        event.reason = toPrintable(refused->problem, 4000);
        log_.error("commit " + refused->commit +
                   " is refused, the last good policies stay: " + refused->problem);
    }
    const auto done = database_->transaction(
        [&](sql::Session& session) { return AuditOutbox::add(session, event); });
    if (!done) log_.error(done.error().message);
    if (integrating_) integrating_->wakeUp();
    if (planning_) planning_->wakeUp();
}

std::vector<std::string> Controller::notReady() const
{
    std::vector<std::string> reasons;
    if (auto healthy = audit_->health(); !healthy)
        reasons.push_back("audit log: " + toPrintable(healthy.error().message));
    if (!policies_.current()) reasons.emplace_back("no policies have been read yet");
    const auto readable = database_->read([](sql::Session& session) -> Status {
        const auto rows = session.query("SELECT 1");
        if (!rows) return rows.error();
        return {};
    });
    if (!readable) reasons.push_back("database: " + toPrintable(readable.error().message));
    return reasons;
}

} // namespace perennial::controller
