#pragma once

#include "shared/base/json.h"
#include "shared/model/slot.h"

#include <ostream>

// Scanner -> agent, on one host: {"configuration": [...], "found": [...],
// "report": <inventory report>}, as docs/agent_programs.md has it. Only the report goes further.
namespace perennial::protocol {

inline constexpr Json::Limits scanReport{40U << 20U, 16, 2'000'000};
inline constexpr std::size_t foundLimit = 20'000;
inline constexpr std::size_t configurationLimit = 5'000; // the rest is left out

Json toJson(const model::FoundCertificate&);
Result<model::FoundCertificate> foundCertificateFromJson(const Json&);
// Without holding all of it as JSON. What is more than 8 MB of `found`, or looks like a private
// key, becomes a line of `skipped`.
void writeScanReport(std::ostream& out, model::InventoryReport report);
Result<model::InventoryReport> scanReportFromJson(const Json&);

} // namespace perennial::protocol
