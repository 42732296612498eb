#pragma once

#include "agent/enroller/enroller_task.h"

namespace perennial::agent {

// Has the service revoke what the task's certificate, shown as TLS client certificate, replaced:
// the question has nothing else in it, so nobody can have another's revoked. Ok: it is revoked,
// also when it was before. PermissionDenied with what the service said; Unavailable: ask again.
EnrollerOutcome revokeReplaced(const EnrollerTask& task);

} // namespace perennial::agent
