#pragma once

#include "controller/enrollment/ces/request_service.h"
#include "controller/enrollment/rules/request_rules.h"
#include "controller/enrollment/storage/enrollment_store.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

// What CES says of requests, in one way whether the authority is here or behind a relay: codes,
// texts and InvalidRequest (enrollment-protocol section 6).
namespace perennial::enrollment::server {

// The attributes of the message and of the request itself: a pair in the PKCS#10 or in CMC's
// RegInfo is a request attribute by another road.
std::vector<wstep::ContextItem> everyAttribute(
    const wstep::Issue& message, const std::vector<x509::NameValue>& pairs);

Refusal refuseNewWhereRenewalsOnly();

// A request that no policy has looked at: no request id.
soap::Fault faultUnseen(const Refusal& refusal);
Json eventUnseen(const Endpoint& endpoint, const Caller& caller, const Refusal& refusal);

// What a policy denied, and is kept under `id`.
soap::Fault faultDenied(
    const Refusal& refusal, std::int64_t id, std::optional<Bytes> cmcResponse = {});
soap::Fault faultDeniedBefore(const RequestRecord& record); // asked after later
soap::Fault faultKeyArchival();

// The request that a caller asks after, or why it is not told. Errors are the store's.
using AskedRequest = std::variant<RequestRecord, soap::Fault>;
Result<AskedRequest> findAsked(
    EnrollmentStore& store, const Caller& caller, const wstep::QueryTokenStatus& question);

} // namespace perennial::enrollment::server
