#include "agent/trust_desk.h"

#include "shared/base/encoding.h"
#include "shared/base/random.h"

#include <algorithm>

namespace perennial::agent {

namespace {

Json::Array arrayOf(const std::vector<std::string>& texts)
{
    Json::Array array;
    for (const auto& text : texts)
        array.emplace_back(text);
    return array;
}

// A program whose update fails says it with the time and its process number, another one each time.
std::string withoutNumbers(std::string text)
{
    text.erase(
        std::remove_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }),
        text.end());
    return text;
}

} // namespace

Status TrustDesk::mayFollow(const DesiredState& state) const
{
    if (!parts_.alone && !parts_.desired.demandsSignatures())
        return Error{ErrorKind::PermissionDenied,
            "whom to trust is taken only from documents that their owners signed: set "
            "policy_signers in agent.yaml"};
    if (parts_.clock.now() >= state.expires)
        return Error{
            ErrorKind::PermissionDenied, "the documents have expired: they change no trust"};
    return {};
}

void TrustDesk::runIfDue()
{
    bringIfDue();
    // What cannot be told now is told later: a change of trust that happened above all.
    if (!untold_.empty() && parts_.publish(untold_)) untold_.clear();
}

void TrustDesk::bringIfDue()
{
    auto state = parts_.desired.current();
    const auto now = parts_.clock.monotonic();
    if (state == last_ && now < next_) return;
    last_ = state;
    next_ = now + parts_.every;
    for (const auto* anchors : policy::anchorsFor(state->set, state->host))
        bring(*state, *anchors);
}

void TrustDesk::bring(const DesiredState& state, const model::TrustAnchors& anchors)
{
    const auto allowed = mayFollow(state);
    const Result<AnchorChange> outcome =
        allowed ? parts_.hands.setAnchors(anchors.store, anchors.pem) : allowed.error();
    auto& refused = refused_[anchors.store];
    const auto why = outcome ? "" : withoutNumbers(outcome.error().message);
    const bool isNews = outcome ? *outcome != AnchorChange() : why != refused;
    refused = why;
    if (isNews) tell(state, anchors, outcome);
}

void TrustDesk::tell(const DesiredState& state, const model::TrustAnchors& anchors,
    const Result<AnchorChange>& outcome)
{
    model::AuditEvent event;
    event.time = parts_.clock.preciseNow();
    event.id = uuidV7(event.time);
    event.kind = outcome ? "trust.changed" : "trust.refused";
    event.actor = {"agent", "", parts_.alone ? "local" : "mtls", ""};
    event.host = state.host.hostName;
    event.outcome = outcome ? model::Outcome::Success : model::Outcome::Denied;
    event.policy = state.commit.empty() ? "" : state.commit + ":" + anchors.name;
    event.details["store"] = anchors.store;
    if (outcome) {
        event.details["added"] = arrayOf(outcome->added);
        event.details["removed"] = arrayOf(outcome->removed);
        if (!outcome->stillTrusted.empty())
            event.details["still_trusted"] = arrayOf(outcome->stillTrusted);
    } else {
        event.reason = toPrintable(outcome.error().message, 1024);
    }
    untold_.push_back(std::move(event));
}

} // namespace perennial::agent
