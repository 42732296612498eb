#include "plugins/syslog_sink/syslog_severity.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace perennial::plugins {

namespace {

constexpr int alert = 1;
constexpr int critical = 2;
constexpr int error = 3;
constexpr int warning = 4;
constexpr int notice = 5;
constexpr int informational = 6;

// Somebody should look, whatever the outcome says.
constexpr std::array<std::pair<std::string_view, int>, 32> byKind = {{
    {"admin.restored", warning},
    {"agent.auth_failed", warning},
    {"agent.identity_expired", error},
    {"agent.seq_gap", critical},
    {"agent.silent", warning},
    {"agent.state_damaged", critical},
    {"agent.refused_answer", alert},
    {"audit.clock_step", warning},
    {"audit.dropped", critical},
    {"audit.loss_risk", critical},
    {"audit.sink_failed", error},
    {"audit.sink_insecure", warning},
    {"audit.verify_failed", alert},
    {"certificate.changed_outside", error},
    {"certificate.expired", critical},
    {"certificate.expiring", warning},
    {"certificate.foreign_name", warning},
    {"certificate.name_shared", warning},
    {"certificate.rejected_by_agent", critical},
    {"certificate.revoked", error},
    {"certificate.serial_reused", critical},
    {"certificate.unexplained", alert},
    {"enrollment.restored", alert},
    {"enrollment.watch_failed", error},
    {"esc.flag", error},
    {"policy.expired", error},
    {"policy.expiring", warning},
    {"policy.rejected", critical},
    {"renewal.abandoned", critical},
    {"renewal.blocked", warning},
    {"renewal.failed", warning},
    {"renewal.rolled_back", error},
}};

} // namespace

int severityOf(const Json& event)
{
    const Json* kind = event.find("kind");
    const auto* listed = std::find_if(byKind.begin(), byKind.end(),
        [&](const auto& entry) { return kind != nullptr && *kind == Json(entry.first); });
    if (listed != byKind.end()) return listed->second;
    const Json* outcome = event.find("outcome");
    if (outcome == nullptr || *outcome == Json("unknown")) return notice;
    return *outcome == Json("success") ? informational : warning;
}

} // namespace perennial::plugins
