#include "controller/enrollment/ces/refusal_limits.h"

#include "shared/base/encoding.h"

namespace perennial::enrollment::server {

namespace {

std::string keyOf(const Endpoint& endpoint, const Caller& caller)
{
    return caller.name + " " + endpoint.settings.path;
}

// What is kept of it lies in the store; that nobody can answer now is not the caller's doing.
bool isRefusal(const ServiceAnswer& answer)
{
    const auto* fault = std::get_if<soap::Fault>(&answer);
    if (fault == nullptr || !fault->detail || !fault->detail->errorCode) return false;
    const auto code = *fault->detail->errorCode;
    return code != HResult::Failed && code != HResult::RpcServerUnavailable;
}

soap::Fault faultTooMany()
{
    return soap::enrollmentFault(HResult::RpcServerUnavailable,
        "Too many requests of this caller were refused; try again in a quarter of an hour.", false);
}

} // namespace

ServiceAnswer RefusalLimits::answer(const Endpoint& endpoint, const Caller& caller,
    const wstep::TokenRequest& request, TimePoint now)
{
    const int limit = endpoint.settings.refusalLimit;
    if (limit == 0 || !std::holds_alternative<wstep::Issue>(request.what))
        return service_.answer(endpoint, caller, request, now);
    {
        const std::lock_guard lock(mutex_);
        if (countsOf(limit).isFull(keyOf(endpoint, caller), now)) return faultTooMany();
    }
    auto answer = service_.answer(endpoint, caller, request, now);
    if (!isRefusal(answer)) return answer;
    if (auto noted = note(endpoint, caller, now); !noted)
        log_.error("storing that a caller waits: " + noted.error().message);
    return answer;
}

Status RefusalLimits::note(const Endpoint& endpoint, const Caller& caller, TimePoint now)
{
    std::optional<TimePoint> until;
    {
        const std::lock_guard lock(mutex_);
        auto& counts = countsOf(endpoint.settings.refusalLimit);
        counts.add(keyOf(endpoint, caller), now);
        until = counts.newlyFull(keyOf(endpoint, caller), now);
    }
    if (!until) return {};
    log_.warning(endpoint.remoteAddress + " at " + endpoint.settings.path + ": " +
                 toPrintable(caller.name, 200) + ": " +
                 std::to_string(endpoint.settings.refusalLimit) +
                 " requests refused, no more are looked at until " + toRfc3339(*until) +
                 " (refusal_limit; 0 where the caller is a relay)");
    Json details;
    details["name"] = caller.name;
    details["address"] = endpoint.remoteAddress;
    details["endpoint"] = endpoint.settings.path;
    details["locked"] = "requests";
    details["until"] = toRfc3339(*until);
    return store_.addEvent("caller.locked_out", now, details);
}

FailureCounts& RefusalLimits::countsOf(int limit)
{
    return counts_.try_emplace(limit, limit).first->second;
}

} // namespace perennial::enrollment::server
