#include "controller/enrollment/api/access_log.h"

#include "shared/base/encoding.h"
#include "shared/base/json.h"

namespace perennial::enrollment::server {

namespace {

constexpr std::size_t textLimit = 256;

void put(Json& line, const std::string& member, const std::string& text)
{
    if (!text.empty()) line[member] = toPrintable(text, textLimit);
}

} // namespace

Result<std::unique_ptr<AccessLog>> AccessLog::open(
    const std::string& file, const Clock& clock, const Log& log)
{
    auto lines = LineFile::open(
        file,
        [&clock](std::int64_t lost) {
            Json line;
            line["time"] = toRfc3339(clock.now());
            line["lost_lines"] = lost;
            return line.canonical() + "\n";
        },
        log);
    if (!lines) return lines.error();
    return std::unique_ptr<AccessLog>(new AccessLog(*std::move(lines), clock));
}

void AccessLog::write(const std::string& listener, const http::Call& call,
    const http::Answer& answer, std::chrono::milliseconds took)
{
    Json line;
    line["time"] = toRfc3339(clock_.now());
    line["listener"] = listener;
    line["address"] = call.remoteAddress;
    put(line, "method", call.method);
    put(line, "path", call.path);
    const auto agent = call.headers.find("user-agent");
    if (agent != call.headers.end()) put(line, "user_agent", agent->second);
    put(line, "caller", answer.caller);
    if (call.peer) put(line, "certificate", call.peer->serial());
    line["status"] = answer.status;
    line["bytes"] = answer.body.size();
    line["milliseconds"] = static_cast<std::int64_t>(took.count());
    lines_->put(line.canonical() + "\n");
}

} // namespace perennial::enrollment::server
