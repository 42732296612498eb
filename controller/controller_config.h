#pragma once

#include "controller/inventory/enrollment_watch.h"
#include "controller/policy_source/policy_source.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>
#include <vector>

namespace perennial::controller {

struct ApiSettings {
    std::string host;
    int port = 0;
    std::vector<std::string> names; // of the TLS certificate
};

struct SinkSettings {
    std::string name;
    std::string kind; // audit sink plugin
    PluginSettings settings;
};

// controller.yaml; docs/configuration.md describes each key.
struct ControllerConfig {
    std::string name;
    std::string state;
    ApiSettings agentApi;
    ApiSettings operatorApi;
    PolicySourceSettings policies;
    Duration policiesEvery{};
    Duration checkpointEvery{};
    std::vector<SinkSettings> sinks;
    Duration checkinEvery{};
    Duration planEvery{};
    Duration silentAfter{};
    std::optional<EnrollmentWatchSettings> enrollmentWatch = {};
    bool acceptRestoredLog = false; // said on the command line, for one start

    std::string databaseFile() const { return state + "/controller.db"; }
    std::string auditFolder() const { return state + "/audit"; }
    std::string auditKeyFile() const { return state + "/audit.key"; }
    std::string sinkFolder() const { return state + "/sinks"; }
};

Result<ControllerConfig> readControllerConfig(const std::string& file);

} // namespace perennial::controller
