#include "tests/unit/protocol/documented_messages.h"

#include "shared/protocol/agent_messages.h"
#include "shared/protocol/inventory_delta.h"
#include "shared/x509/signing_request.h"
#include "tests/support/golden.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>

namespace perennial::test {

namespace {

template <class Message>
std::function<Result<Json>(const Json&)> pairOf(Result<Message> (*read)(const Json&))
{
    return [read](const Json& json) -> Result<Json> {
        auto message = read(json);
        if (!message) return message.error();
        return protocol::toJson(*message);
    };
}

void putPem(Json& json)
{
    if (auto* array = json.array()) {
        for (auto& element : *array)
            putPem(element);
    }
    if (json.object() == nullptr) return;
    for (auto& [name, value] : *json.object()) {
        if (value == Json("PEM")) {
            const auto request =
                x509::SigningRequest::fromDer(readTestData("enrollment/p10_v2_template.der"));
            value = name == "request" ? request->toPem() : readTestData("web.pem");
        } else {
            putPem(value);
        }
    }
}

} // namespace

const std::vector<DocumentedMessage>& documentedMessages()
{
    static const std::vector<DocumentedMessage> messages = {
        {"join request", pairOf(&protocol::joinRequestFromJson)},
        {"join answer", pairOf(&protocol::joinAnswerFromJson)},
        {"identity request", pairOf(&protocol::identityRequestFromJson)},
        {"identity answer", pairOf(&protocol::identityAnswerFromJson)},
        {"check-in", pairOf(&protocol::checkinFromJson)},
        {"check-in answer", pairOf(&protocol::checkinAnswerFromJson)},
        {"documents", pairOf(&protocol::documentsFromJson)},
        {"signed documents", pairOf(&protocol::documentsFromJson)},
        {"inventory report", pairOf(&protocol::inventoryReportFromJson)},
        {"inventory changes", pairOf(&protocol::inventoryDeltaFromJson)},
        {"event batch", pairOf(&protocol::eventBatchFromJson)}};
    return messages;
}

std::map<std::string, Json> examplesOnPage()
{
    const std::string page =
        readText(std::string(PERENNIAL_SOURCE_DIR) + "/docs/agent_protocol.md");
    const std::string mark = "<!-- example: ";
    const std::string fence = "-->\n```json\n";
    std::map<std::string, Json> examples;
    for (auto at = page.find(mark); at != std::string::npos; at = page.find(mark, at + 1)) {
        const auto nameEnd = page.find(" -->", at);
        const std::string name = page.substr(at + mark.size(), nameEnd - at - mark.size());
        const auto begin = nameEnd + 1 + fence.size();
        REQUIRE_MESSAGE(page.compare(nameEnd + 1, fence.size(), fence) == 0, name);
        auto json = Json::parse(page.substr(begin, page.find("```", begin) - begin));
        REQUIRE_MESSAGE(json, name << ": " << json.error().message);
        putPem(*json);
        REQUIRE_MESSAGE(examples.emplace(name, *json).second, name << " is there twice");
    }
    return examples;
}

} // namespace perennial::test
