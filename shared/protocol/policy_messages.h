#pragma once

#include "shared/base/json.h"
#include "shared/model/policy.h"

// A policy and a service as JSON: for the agent's journal and the enroller's task. What travels
// between controller and agent are the documents themselves (agent_messages.h), never this.
namespace perennial::protocol {

Json toJson(const model::EnrollmentService& service);
Result<model::EnrollmentService> enrollmentServiceFromJson(const Json& json);
Json toJson(const model::CertificatePolicy& policy);
Result<model::CertificatePolicy> certificatePolicyFromJson(const Json& json);

} // namespace perennial::protocol
