#include "shared/model/renewal_report.h"

#include <array>
#include <utility>

namespace perennial::model {

namespace {

constexpr std::array<std::pair<RenewalOutcome, std::string_view>, 4> outcomeNames = {
    {{RenewalOutcome::Completed, "completed"}, {RenewalOutcome::RolledBack, "rolled-back"},
        {RenewalOutcome::Abandoned, "abandoned"}, {RenewalOutcome::AlreadyDone, "already-done"}}};

std::optional<RenewalOutcome> renewalOutcomeOf(std::string_view name)
{
    for (const auto& [value, text] : outcomeNames) {
        if (text == name) return value;
    }
    return std::nullopt;
}

} // namespace

std::string nameOf(RenewalOutcome outcome)
{
    for (const auto& [value, name] : outcomeNames) {
        if (value == outcome) return std::string(name);
    }
    return {};
}

std::string eventKindOf(RenewalOutcome outcome)
{
    std::string name = nameOf(outcome);
    for (char& c : name) {
        if (c == '-') c = '_';
    }
    return "renewal." + name;
}

void putInto(AuditEvent& event, const RenewalReport& report)
{
    event.kind = eventKindOf(report.outcome);
    const bool good = report.outcome == RenewalOutcome::Completed ||
                      report.outcome == RenewalOutcome::AlreadyDone;
    event.outcome = good ? Outcome::Success : Outcome::Failure;
    event.correlationId = report.order.text();
    event.slotId = report.slot.text();
    event.reason = report.reason;
    event.details["outcome"] = nameOf(report.outcome);
    event.details["old_fingerprint"] = report.oldFingerprint.text();
    event.details["new_fingerprint"] = report.newFingerprint.text();
    event.details["milliseconds"] = report.milliseconds;
}

Result<RenewalReport> renewalReportOf(const AuditEvent& event)
{
    const Json details(event.details);
    JsonReader in(details, event.kind + " details");
    RenewalReport report;
    const auto outcome = renewalOutcomeOf(in.string("outcome"));
    report.order = OrderId(event.correlationId);
    report.slot = SlotId(event.slotId);
    report.reason = event.reason;
    report.oldFingerprint = Fingerprint(in.string("old_fingerprint"));
    report.newFingerprint = Fingerprint(in.string("new_fingerprint"));
    report.milliseconds = in.integer("milliseconds");
    if (!outcome || eventKindOf(*outcome) != event.kind) {
        in.fail("outcome", "does not go with the kind of the event");
    } else {
        report.outcome = *outcome;
    }
    if (report.milliseconds < 0) in.fail("milliseconds", "is negative");
    if (auto status = in.finishIgnoringOthers(); !status) return status.error();
    return report;
}

} // namespace perennial::model
