#include "shared/audit/audit_record.h"

namespace perennial::audit {

std::string makeRecord(Json event, std::int64_t sequence, PreciseTime recorded)
{
    event["seq"] = sequence;
    event["recorded_time"] = toRfc3339(recorded);
    return event.canonical();
}

Result<Record> readRecord(std::string_view record)
{
    Json::Limits limits;
    limits.bytes = recordLimit;
    auto json = Json::parse(record, limits);
    if (!json) return json.error().in("audit record");
    const auto refuse = [](const std::string& what) {
        return Error{ErrorKind::InvalidInput, "audit record: " + what};
    };
    if (json->object() == nullptr) return refuse("not an object");
    if (json->canonical() != record) return refuse("not in canonical form");
    const Json* sequence = json->find("seq");
    const Json* recorded = json->find("recorded_time");
    if (sequence == nullptr || sequence->integer() == nullptr || *sequence->integer() < 0)
        return refuse("no seq");
    if (recorded == nullptr || recorded->string() == nullptr) return refuse("no recorded_time");
    Record read;
    read.sequence = *sequence->integer();
    read.recordedTime = *recorded->string();
    json->object()->erase("seq");
    json->object()->erase("recorded_time");
    read.event = std::move(*json);
    return read;
}

} // namespace perennial::audit
