#pragma once

#include "agent/agent_config.h"
#include "shared/base/json.h"

namespace perennial::agent {

struct DoctorOptions {
    std::string service;
    std::string certificateFile; // with keyFile; without, those of a slot of the service
    std::string keyFile;
    std::string policyUrl; // not empty: a first enrolment there is looked at instead
    std::string templateName;
    std::string name; // to enrol for; empty: this host's
    std::string keyType;
    std::string principal; // by Kerberos, with keytabFile; or
    std::string keytabFile;
    std::string userName;          // with a password, which lies
    std::string passwordMember;    // "password_file", "password_credential", "password_key":
    std::string passwordPlace;     // here
    std::string credentialsFolder; // $CREDENTIALS_DIRECTORY
};

// Has perennial-enroller look at an enrollment service of the running agent's policies, step by
// step. {"service", "lines": [{"step", "verdict", "seen", "mend"}], "bad": how many}.
Result<Json> examineEnrollment(const AgentConfig& config, const DoctorOptions& options);
// The same of the places at which policies want a certificate, as agent and installer see them.
Result<Json> examinePlaces(const AgentConfig& config);
std::string doctorText(const Json& report);

} // namespace perennial::agent
