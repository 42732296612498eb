#pragma once

#include "agent/agent_config.h"
#include "shared/base/json.h"

namespace perennial::agent {

struct DoctorOptions {
    std::string service;
    std::string certificateFile; // with keyFile; without, those of a slot of the service
    std::string keyFile;
    std::string policyUrl; // with the two below: a first enrolment by Kerberos is looked at instead
    std::string principal;
    std::string keytabFile;
};

// Has perennial-enroller look at an enrollment service of the running agent's policies, step by
// step. {"service", "lines": [{"step", "verdict", "seen", "mend"}], "bad": how many}.
Result<Json> examineEnrollment(const AgentConfig& config, const DoctorOptions& options);
std::string doctorText(const Json& report);

} // namespace perennial::agent
