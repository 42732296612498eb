#include "shared/model/renewal_report.h"

#include "shared/base/encoding.h"

#include <array>
#include <utility>

namespace perennial::model {

namespace {

constexpr std::array<std::pair<RenewalOutcome, std::string_view>, 4> outcomeNames = {
    {{RenewalOutcome::Completed, "completed"}, {RenewalOutcome::RolledBack, "rolled-back"},
        {RenewalOutcome::Abandoned, "abandoned"}, {RenewalOutcome::AlreadyDone, "already-done"}}};

std::optional<RenewalOutcome> outcomeOfKind(const std::string& kind)
{
    for (const auto& [value, name] : outcomeNames) {
        if (eventKindOf(value) == kind) return value;
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

Result<RenewalReport> renewalReportOf(const AuditEvent& event)
{
    const auto outcome = outcomeOfKind(event.kind);
    if (!outcome)
        return Error{ErrorKind::InvalidInput,
            toPrintable(event.kind, 100) + " does not say how a renewal ended"};
    RenewalReport report;
    report.outcome = *outcome;
    report.order = OrderId(event.correlationId);
    report.slot = SlotId(event.slotId);
    report.reason = event.reason;
    const Json certificate(event.certificate);
    JsonReader shown(certificate, event.kind + " certificate");
    const Fingerprint fingerprint(shown.optionalString("fingerprint", 64).value_or(""));
    (*outcome == RenewalOutcome::Completed ? report.newFingerprint : report.oldFingerprint) =
        fingerprint;
    const Json details(event.details);
    JsonReader in(details, event.kind + " details");
    report.milliseconds = in.optionalInteger("milliseconds", 0);
    if (report.milliseconds < 0) in.fail("milliseconds", "is negative");
    if (auto status = shown.finishIgnoringOthers(); !status) return status.error();
    if (auto status = in.finishIgnoringOthers(); !status) return status.error();
    return report;
}

} // namespace perennial::model
