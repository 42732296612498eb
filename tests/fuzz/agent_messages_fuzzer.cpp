#include "shared/protocol/agent_messages.h"
#include "shared/protocol/inventory_delta.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial;

namespace {

// What was read can be written, and reading that again changes nothing.
template <class Message>
void readAndWrite(Result<Message> (*read)(const Json&), const Json& json)
{
    const auto message = read(json);
    if (!message) return;
    const Json written = protocol::toJson(*message);
    const auto again = read(written);
    if (!again || protocol::toJson(*again) != written) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    (void)protocol::joinTokenFromText(text);
    const auto json = Json::parse(text, protocol::inventoryMessage);
    if (!json) return 0;
    readAndWrite(&protocol::joinRequestFromJson, *json);
    readAndWrite(&protocol::joinAnswerFromJson, *json);
    readAndWrite(&protocol::identityRequestFromJson, *json);
    readAndWrite(&protocol::identityAnswerFromJson, *json);
    readAndWrite(&protocol::checkinFromJson, *json);
    readAndWrite(&protocol::checkinAnswerFromJson, *json);
    readAndWrite(&protocol::documentsFromJson, *json);
    readAndWrite(&protocol::inventoryReportFromJson, *json);
    readAndWrite(&protocol::inventoryDeltaFromJson, *json);
    readAndWrite(&protocol::eventBatchFromJson, *json);
    readAndWrite(&protocol::orderFromJson, *json);
    readAndWrite(&protocol::slotFromJson, *json);
    return 0;
}
