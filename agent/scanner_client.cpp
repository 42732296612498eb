#include "agent/scanner_client.h"

#include "shared/base/encoding.h"
#include "shared/base/process.h"
#include "shared/base/unix_stream.h"
#include "shared/protocol/scan_report.h"

namespace perennial::agent {

namespace {

constexpr Duration scanLimit = std::chrono::minutes(10);
constexpr std::size_t reportLimit = protocol::scanReport.bytes;

Result<std::string> outputOf(const AgentConfig::Scanner& scanner)
{
    if (!scanner.socket.empty()) return readStream(scanner.socket, scanLimit, reportLimit);
    Command command;
    command.program = scanner.program;
    command.arguments = {"--config", scanner.config, "scan"};
    command.environment = {{"LANG", "C.UTF-8"}, {"PATH", "/usr/bin:/bin"}};
    command.timeout = scanLimit;
    command.outputLimit = reportLimit;
    auto finished = run(command);
    if (!finished) return finished.error();
    if (finished->status != 0)
        return Error{ErrorKind::Unavailable, "ended with " + std::to_string(finished->status) +
                                                 ": " + toPrintable(finished->errorOutput)};
    return std::move(finished->output);
}

} // namespace

Result<model::InventoryReport> scan(const AgentConfig::Scanner& scanner)
{
    const auto output = outputOf(scanner);
    if (!output) return output.error().in("perennial-scanner");
    const auto json = Json::parse(*output, protocol::scanReport);
    if (!json) return json.error().in("report of perennial-scanner");
    return protocol::scanReportFromJson(*json);
}

} // namespace perennial::agent
