#include "shared/protocol/agent_messages.h"
#include "shared/protocol/member_reading.h"

namespace perennial::protocol {

Json toJson(const EventBatch& batch)
{
    Json json;
    putVersion(json);
    json["epoch"] = batch.epoch;
    Json::Array events;
    for (const auto& event : batch.events) {
        // One that cannot be written was never in the outbox; should it happen, the gap in the
        // numbers shows at the controller.
        if (auto written = model::toJson(event)) events.push_back(*std::move(written));
    }
    json["events"] = std::move(events);
    return json;
}

Result<EventBatch> eventBatchFromJson(const Json& json)
{
    if (auto status = refusePrivateKeys(json, "event batch"); !status) return status.error();
    JsonReader in(json, "event batch");
    readVersion(in);
    EventBatch batch;
    batch.epoch = readIdentifier(in, "epoch");
    const auto& events = in.array("events", eventsLimit);
    if (auto status = in.finish(); !status) return status.error();
    std::int64_t last = 0;
    for (const auto& element : events) {
        auto event = model::auditEventFromJson(element);
        if (!event) return event.error().in("event batch");
        if (event->agentEpoch != batch.epoch || event->agentSequence <= last)
            return Error{ErrorKind::InvalidInput,
                "event batch: agent_seq must rise and agent_epoch be the batch's, after " +
                    std::to_string(last)};
        last = event->agentSequence;
        batch.events.push_back(*std::move(event));
    }
    return batch;
}

} // namespace perennial::protocol
