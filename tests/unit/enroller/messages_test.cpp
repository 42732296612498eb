// What agent and enroller say to each other: strict, bounded, and without a place for a key.

#include "agent/enroller/enroller_task.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::agent;
using Operation = EnrollerTask::Operation;

namespace {

EnrollerTask sample(Operation operation)
{
    EnrollerTask task{};
    task.operation = operation;
    task.order = "0198c6d2-1b2c-7abc-8def-0123456789ac";
    task.certificatePath = "/etc/nginx/tls/web.pem";
    task.keyPath = "/etc/nginx/tls/web.key";
    task.certificatePem = "PEM";
    task.installerSocket = "/run/perennial/installer.sock";
    task.service.name = "corp";
    task.service.policyEndpoints = {"https://pki.example.test/cep"};
    task.service.tlsTrustPem = "PEM";
    task.service.issuerTrustPem = "PEM";
    if (operation == Operation::Submit)
        task.prepared = {Bytes("\0\xff\n", 3), "cms-renewal", "client-certificate"};
    if (operation == Operation::Poll) task.ticket = "{\"request_id\":\"43\"}";
    return task;
}

Result<EnrollerTask> readTask(const std::string& text)
{
    const auto json = Json::parse(text);
    REQUIRE(json);
    return enrollerTaskFromJson(*json);
}

Result<EnrollerOutcome> readOutcome(const std::string& text)
{
    const auto json = Json::parse(text);
    REQUIRE(json);
    return enrollerOutcomeFromJson(*json);
}

std::string with(Operation operation, const std::string& member, const Json& value)
{
    auto json = toJson(sample(operation));
    json[member] = value;
    return json.canonical();
}

} // namespace

TEST_CASE("each task is read as it was written")
{
    for (const auto operation :
        {Operation::Prepare, Operation::Submit, Operation::Poll, Operation::Revoke}) {
        const auto task = sample(operation);
        const auto read = readTask(toJson(task).canonical());
        REQUIRE_MESSAGE(read.ok(), (read ? "" : read.error().message));
        CHECK(read->operation == operation);
        CHECK(toJson(*read).canonical() == toJson(task).canonical());
        CHECK(read->prepared.request == task.prepared.request);
        CHECK(read->service == task.service);
    }
}

TEST_CASE("a task with anything unknown, missing, of another kind or too long is refused")
{
    CHECK_FALSE(readTask("{}").ok());
    CHECK_FALSE(readTask("[]").ok());
    CHECK_FALSE(readTask(with(Operation::Prepare, "operation", "enrol")).ok());
    CHECK_FALSE(readTask(with(Operation::Prepare, "operation", Json(1))).ok());
    CHECK_FALSE(readTask(with(Operation::Prepare, "surprise", "x")).ok());
    CHECK_FALSE(readTask(with(Operation::Prepare, "private_key", "x")).ok());
    // What belongs to another operation is unknown here.
    CHECK_FALSE(readTask(with(Operation::Prepare, "ticket", "x")).ok());
    CHECK_FALSE(readTask(with(Operation::Poll, "request", "AAAA")).ok());
    CHECK_FALSE(readTask(with(Operation::Revoke, "ticket", "x")).ok());
    CHECK_FALSE(readTask(with(Operation::Revoke, "serial", "01")).ok());
    CHECK(readTask(with(Operation::Prepare, "waits", true))->waits);
    CHECK_FALSE(readTask(with(Operation::Submit, "waits", true)).ok());
    CHECK_FALSE(readTask(with(Operation::Prepare, "waits", "yes")).ok());
    CHECK_FALSE(readTask(with(Operation::Submit, "request", "not base64!")).ok());
    CHECK_FALSE(
        readTask(with(Operation::Submit, "request", std::string((512U << 10U) + 4, 'A'))).ok());
    CHECK_FALSE(
        readTask(with(Operation::Prepare, "certificate_pem", std::string((256U << 10U) + 1, 'A')))
            .ok());
    CHECK_FALSE(readTask(with(Operation::Prepare, "service", "corp")).ok());
    CHECK_FALSE(readTask(with(Operation::Prepare, "service", Json(Json::Object{}))).ok());
    for (const auto* member : {"order", "slot_certificate", "slot_key", "certificate_pem",
             "installer_socket", "service", "operation"}) {
        CAPTURE(member);
        auto json = toJson(sample(Operation::Prepare));
        json.object()->erase(member);
        CHECK_FALSE(readTask(json.canonical()).ok());
    }
}

TEST_CASE("each outcome is read as it was written, an error with its kind")
{
    const std::vector<EnrollerOutcome> outcomes = {
        PreparedRequest{Bytes("\0\xff", 2), "cms-renewal", "client-certificate"}, Issued{"PEM"},
        Pending{"ticket \"1\"", Duration(86400)}, Denied{"not for you"}, Revoked{},
        Error{ErrorKind::Unavailable, "no answer"}, Error{ErrorKind::InvalidInput, "broken"},
        Error{ErrorKind::Corrupt, "x"}};
    for (const auto& outcome : outcomes) {
        const auto text = toJson(outcome).canonical();
        const auto read = readOutcome(text);
        REQUIRE_MESSAGE(read.ok(), text);
        CHECK(read->index() == outcome.index());
        CHECK(toJson(*read).canonical() == text);
    }
}

TEST_CASE("an outcome of an enroller that went wrong is refused")
{
    for (const std::string text : {"{}", "{\"outcome\":\"done\"}", "{\"outcome\":\"issued\"}",
             R"({"outcome":"issued","chain_pem":"x","more":1})",
             R"({"outcome":"revoked","serial":"01"})", R"({"outcome":"issued","chain_pem":7})",
             R"({"outcome":"pending","ticket":"x"})",
             R"({"outcome":"pending","ticket":"x","poll_after_seconds":0})",
             R"({"outcome":"pending","ticket":"x","poll_after_seconds":-1})",
             R"({"outcome":"pending","ticket":"x","poll_after_seconds":86401})",
             R"({"outcome":"error","kind":"sad","message":"x"})",
             R"({"outcome":"prepared","request":"?","format":"x","authentication":"x"})"}) {
        CAPTURE(text);
        CHECK_FALSE(readOutcome(text).ok());
    }
    const auto large = R"({"outcome":"issued","chain_pem":")" + std::string(300'000, 'A') + "\"}";
    CHECK_FALSE(readOutcome(large).ok());
}
