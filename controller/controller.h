#pragma once

#include "controller/api/agent_api.h"
#include "controller/api/operator_api.h"
#include "controller/controller_config.h"
#include "shared/base/periodic_task.h"

#include <atomic>
#include <memory>

namespace perennial::controller {

// The daemon: policies in, orders out, events kept. Everything is built here and handed on by
// reference.
class Controller {
public:
    static Result<std::unique_ptr<Controller>> open(const ControllerConfig& config,
        FileSystem& files, const Clock& clock, const Log& log, const PluginRegistry& plugins);
    ~Controller();

    Status start(); // listens, and begins its periodic work
    void stop();    // ends the log with audit.stopped and its last checkpoint

private:
    Controller(const ControllerConfig& config, FileSystem& files, const Clock& clock,
        const Log& log, std::unique_ptr<sql::Database> database, IdentityAuthority authority,
        std::unique_ptr<AuditLog> audit);

    Status startServers();
    void integrate();
    void plan();
    void tend(); // slow things: who is silent, what nears its end, who was seen
    void followPolicies();
    void watchEnrollment();
    Status refreshPolicies();
    void tellOfPolicies(PolicySource::Outcome outcome);
    void tellOfSilentAgents();
    void tellOfExpiredIdentities();
    void tellOfSignedPolicies();
    std::vector<std::string> notReady() const;
    OperatorParts operatorParts();

    const ControllerConfig& config_;
    const Clock& clock_;
    const Log& log_;
    std::unique_ptr<sql::Database> database_;
    IdentityAuthority authority_;
    std::unique_ptr<AuditLog> audit_;
    std::unique_ptr<Publisher> publisher_;
    PolicySource policies_;
    std::mutex refreshing_; // one refresh at a time: the task's and an operator's
    Inventory inventory_;
    std::unique_ptr<EnrollmentWatch> watch_; // null: none is configured
    std::string watchFailure_;
    OrderDesk orders_;
    JoinDesk joinDesk_;
    EventIntake intake_;
    AgentDirectory directory_;
    Quarantine quarantine_;
    std::unique_ptr<AgentApi> agentApi_;
    std::unique_ptr<OperatorApi> operatorApi_;
    std::string signedTold_; // of which signed manifest, and what
    std::map<model::AgentId, bool> silent_;
    std::map<model::AgentId, TimePoint> expired_; // told of: the ends of their identities
    std::atomic<bool> stopped_{false};
    // Last: they stop before what they use goes away.
    std::unique_ptr<PeriodicTask> integrating_;
    std::unique_ptr<PeriodicTask> planning_;
    std::unique_ptr<PeriodicTask> tending_;
    std::unique_ptr<PeriodicTask> following_;
    std::unique_ptr<PeriodicTask> watching_;
    std::unique_ptr<http::Server> agentServer_;
    std::unique_ptr<http::Server> operatorServer_;
};

// Folders, authority, database and audit log; Conflict when they are there.
Status initialise(const ControllerConfig& config, FileSystem& files, const Clock& clock);
std::vector<sql::Migration> allMigrations();
AuditLogSettings auditSettings(const ControllerConfig& config);

} // namespace perennial::controller
