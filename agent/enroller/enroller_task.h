#pragma once

#include "agent/enroller/caller_place.h"
#include "shared/base/json.h"
#include "shared/plugin_api/issuer.h"

#include <string>

namespace perennial::agent {

// A certificate that is asked for by a caller, not with an old key.
struct TaskEnrollment {
    std::string templateName;
    std::vector<std::string> names; // DNS; the first is the subject's
    std::string keyType;
    CallerPlace caller;
};

// What the agent asks one enroller process to do; docs/agent_programs.md has the JSON.
struct EnrollerTask {
    enum class Operation { Prepare, Submit, Poll, Revoke };
    Operation operation;
    std::string order;
    std::string certificatePath; // the slot's place, for the installer
    std::string keyPath;
    std::string certificatePem; // old chain, leaf first
    std::string installerSocket;
    model::EnrollmentService service;
    PreparedRequest prepared; // for Submit; of an enrolment for Poll too
    std::string ticket;       // for Poll
    std::string host = {};    // of IssuerContext
    std::string memory = {};
    bool waits = false; // for Prepare: the same process sends the request when it is told to
    std::optional<TaskEnrollment> enrollment = {}; // unset: a renewal by key
    bool carriesRequest() const
    {
        return operation == Operation::Submit || (operation == Operation::Poll && enrollment);
    }
};

// Members of a message, and of the agent's journal.
void writePrepared(const PreparedRequest& prepared, Json& json);
PreparedRequest readPrepared(JsonReader& in);

// The channel over which a process that waits tells what it has prepared, and then hears its
// Submit; it is open in the child as this descriptor, a SOCK_SEQPACKET.
inline constexpr int enrollerChannel = 3;

Json toJson(const EnrollerTask& task);
Result<EnrollerTask> enrollerTaskFromJson(const Json& json);

struct Revoked {};

// What came of it. An Error travels with its kind: the agent decides whether to come again.
using EnrollerOutcome = std::variant<PreparedRequest, Issued, Pending, Denied, Revoked, Error>;

EnrollerOutcome asOutcome(const Result<IssueOutcome>& result);

// With what the issuer noted.
struct EnrollerAnswer {
    EnrollerOutcome outcome;
    IssuerNotes notes = {};
};

Json toJson(const EnrollerOutcome& outcome);
Json toJson(const EnrollerAnswer& answer);
Result<EnrollerAnswer> enrollerAnswerFromJson(const Json& json);
// The same without the notes.
Result<EnrollerOutcome> enrollerOutcomeFromJson(const Json& json);

} // namespace perennial::agent
