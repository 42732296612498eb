#include "controller/storage/authority_store.h"
#include "tests/unit/controller_api/api_fixture.h"

#include <functional>

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host : ControllerApi {
    Joined agent = join("web1.example.test");

    Json report(std::vector<model::Slot> slots)
    {
        return protocol::toJson(model::InventoryReport{clock.now(), std::move(slots), {}});
    }
    Said send(std::vector<model::Slot> slots)
    {
        return post(agent, "/v1/inventory", report(std::move(slots)));
    }
    protocol::InventoryDelta change(
        const std::vector<model::Slot>& before, std::vector<model::Slot> after)
    {
        const protocol::SentInventory sent({clock.now(), before, {}});
        return sent.changesTo({clock.now(), std::move(after), {}});
    }
    Said send(const protocol::InventoryDelta& delta)
    {
        return post(agent, "/v1/inventory/changes", protocol::toJson(delta));
    }
    std::vector<controller::SlotRecord> slots()
    {
        std::vector<controller::SlotRecord> found;
        must(database->read([&](sql::Session& session) -> Status {
            found = must(controller::slots::all(session));
            return {};
        }));
        return found;
    }
};

} // namespace

TEST_CASE("an inventory becomes the agent's slots, and the check-in knows its digest")
{
    Host host;
    const auto said = host.send({slotWith("slot-a", oneDay), slotWith("slot-b", oneDay * 80)});
    REQUIRE(said.status == 200);
    REQUIRE(host.slots().size() == 2);
    CHECK(host.slots().front().agent == host.agent.id);
    CHECK(host.count("certificate.discovered") == 2);
    protocol::Checkin question{
        "epoch-1", "process-1", 0, "", *said.json.find("digest")->string(), 0};
    auto answer = must(protocol::checkinAnswerFromJson(
        host.post(host.agent, "/v1/checkin", protocol::toJson(question)).json));
    CHECK(!answer.wantInventory);
    question.inventoryDigest = std::string(64, '0');
    answer = must(protocol::checkinAnswerFromJson(
        host.post(host.agent, "/v1/checkin", protocol::toJson(question)).json));
    CHECK(answer.wantInventory);
}

TEST_CASE("changes to an inventory become the agent's slots as the whole would")
{
    Host host;
    const std::vector before{slotWith("slot-a", oneDay), slotWith("slot-b", oneDay * 80)};
    const std::vector after{
        slotWith("slot-b", oneDay * 90, fingerprintOf('b')), slotWith("slot-c", oneDay * 70)};
    REQUIRE(host.send(before).status == 200);
    const auto delta = host.change(before, after);
    const auto said = host.send(delta);
    REQUIRE(said.status == 200);
    CHECK(*said.json.find("digest")->string() == delta.digest);
    CHECK(host.count("certificate.disappeared") == 1);
    CHECK(host.count("certificate.changed_outside") == 1);
    CHECK(host.count("certificate.discovered") == 3);
    REQUIRE(host.slots().size() == 2);
    for (const auto& record : host.slots())
        CHECK(record.slot == after[record.slot.id.text() == "slot-b" ? 0 : 1]);
    // What comes next builds on it.
    CHECK(host.send(host.change(after, before)).status == 200);
}

TEST_CASE("changes to another inventory, or to another end, change nothing")
{
    Host host;
    const std::vector before{slotWith("slot-a", oneDay)};
    const std::vector after{slotWith("slot-a", oneDay), slotWith("slot-b", oneDay * 80)};
    auto delta = host.change(before, after);
    CHECK(host.send(delta).status == 409); // nothing is held yet
    REQUIRE(host.send(before).status == 200);
    delta.digest = std::string(64, '0');
    CHECK(host.send(delta).status == 409);
    delta = host.change(before, after);
    delta.base = std::string(64, '0');
    CHECK(host.send(delta).status == 409);
    delta = host.change(before, after);
    delta.removed = {model::SlotId("slot-z")};
    CHECK(host.send(delta).status == 409);
    CHECK(host.slots().size() == 1);
    CHECK(host.count("certificate.discovered") == 1);
    CHECK(host.send(host.change(before, after)).status == 200);
}

TEST_CASE("two agents' slots of one name are two slots")
{
    Host host;
    const auto other = host.join("web2.example.test");
    CHECK(host.send({slotWith("slot-a", oneDay)}).status == 200);
    CHECK(host.post(other, "/v1/inventory", host.report({})).status == 200);
    CHECK(host.slots().size() == 1); // an empty report of another takes nothing away
    CHECK(host.count("certificate.disappeared") == 0);
    CHECK(host.post(other, "/v1/inventory", host.report({slotWith("slot-a", oneDay * 3)})).status ==
          200);
    CHECK(host.slots().size() == 2);
}

TEST_CASE("hostile texts in a report are shown harmless and break nobody's answers")
{
    Host host;
    host.addOperator("viewer");
    auto slot = slotWith("slot-a", oneDay);
    slot.certificate.subject = "CN=good\r\n<13>1 forged \x1b[2J \xe2\x80\xae";
    slot.certificate.displayName = "<script>alert(1)</script>\xe2\x80\xae";
    slot.certificate.serial = std::string(300'000, 'F');
    slot.place.certificatePath = "/etc/\n/etc/passwd";
    slot.service = "nginx";
    REQUIRE(host.send({slot}).status == 200);
    const auto found = host.last("certificate.discovered");
    CHECK(found.certificate.at("subject").string()->find_first_of("\r\n\x1b") == std::string::npos);
    CHECK(found.certificate.at("serial").string()->size() < 200);
    for (const auto* path : {"/v1/certificates", "/v1/agents", "/v1/status", "/metrics"}) {
        const auto said = host.operate("viewer-token", "GET", path);
        INFO(std::string(path));
        CHECK(said.status == 200);
        CHECK(said.text.find("\\u001b") == std::string::npos);
        CHECK(said.text.find("\x1b") == std::string::npos);
        CHECK(said.text.find("\xe2\x80\xae") == std::string::npos);
        CHECK(said.text.size() < 10'000);
    }
}

TEST_CASE("an outage of the enrolment service is in the status and in the metrics")
{
    Host host;
    host.addOperator("viewer");
    controller::authority::WatchState state;
    state.cursor = 5;
    state.newest = 9;
    state.tries = 3;
    state.failingSince = host.clock.now();
    state.problem = "no connection";
    state.restores = 2;
    must(host.database->transaction([&](sql::Session& session) {
        return controller::authority::setWatchState(session, state);
    }));
    const auto metrics = host.operate("viewer-token", "GET", "/metrics").text;
    for (const auto* line : {"perennial_enrollment_watch_failures 3\n",
             "perennial_enrollment_watch_behind 4\n", "perennial_enrollment_restores_total 2\n"})
        CHECK(metrics.find(line) != std::string::npos);
    const auto status = must(Json::parse(host.operate("viewer-token", "GET", "/v1/status").text));
    const auto* watch = status.find("enrollment_watch");
    REQUIRE(watch != nullptr);
    CHECK(*watch->find("state") == Json("failing"));
    CHECK(*watch->find("since") == Json(toRfc3339(state.failingSince)));
    CHECK(*watch->find("problem") == Json("no connection"));
}

TEST_CASE("times at the edges neither overflow nor keep the certificates of others from being told")
{
    Host host;
    host.addOperator("viewer");
    auto ancient = slotWith("slot-ancient", oneDay);
    ancient.certificate.notBefore = must(timeFromRfc3339("0001-01-01T00:00:00Z"));
    ancient.certificate.notAfter = must(timeFromRfc3339("0001-01-02T00:00:00Z"));
    auto distant = slotWith("slot-distant", oneDay);
    distant.certificate.notAfter = must(timeFromRfc3339("9999-12-31T23:59:59Z"));
    auto inverted = slotWith("slot-inverted", oneDay * 3650);
    inverted.certificate.notBefore = must(timeFromRfc3339("9999-12-31T23:59:59Z"));
    auto near = slotWith("slot-near", oneDay);
    near.certificate.notAfter = host.clock.now() + oneDay * 2;
    REQUIRE(host.send({ancient, distant, inverted, near}).status == 200);
    CHECK(must(host.inventory->tellOfExpiry()) >= 2);
    CHECK(host.last("certificate.expired").slotId == "slot-ancient");
    CHECK(host.last("certificate.expiring").slotId == "slot-near");
    CHECK(host.operate("viewer-token", "GET", "/v1/certificates").status == 200);
    CHECK(host.operate("viewer-token", "GET", "/metrics").status == 200);
    auto report = host.report({near}).canonical();
    const auto at = report.find("\"scanned_at\":\"");
    report.replace(at + 14, 20, "99999-01-01T00:00:0Z");
    CHECK(host.ask(host.agent.identity, "POST", "/v1/inventory", report).status == 400);
}

TEST_CASE("a report that cannot be true is refused whole, and the last one stays")
{
    Host host;
    REQUIRE(host.send({slotWith("slot-a", oneDay)}).status == 200);
    const auto good = host.report({slotWith("slot-b", oneDay)}).canonical();
    const auto refused = [&](const std::string& from, const std::string& to, int status = 400) {
        auto body = good;
        const auto at = body.find(from);
        REQUIRE(at != std::string::npos);
        body.replace(at, from.size(), to);
        INFO(from, " -> ", to.substr(0, 100));
        CHECK(host.ask(host.agent.identity, "POST", "/v1/inventory", body).status == status);
    };
    const auto id = std::string("\"slot_id\":\"slot-b\"");
    refused(id, "\"slot_id\":\"../slot-b\"");
    refused(id, "\"slot_id\":\"\"");
    refused(id, "\"slot_id\":\"" + std::string(5000, 's') + "\"");
    refused(id, id + ",\"agent_id\":\"agent-2\"");
    refused("\"serial\":\"0A1B2C\"", "\"serial\":\"" + std::string(500'000, 'F') + "\"");
    refused("\"serial\":\"0A1B2C\"", "\"serial\":7");
    refused(fingerprintOf('a').text(), "short");
    refused("\"certificate_pem\":\"\"", "\"certificate_pem\":\"no PEM\"");
    refused("\"certificate_pem\":\"\"",
        "\"certificate_pem\":\"-----BEGIN PRIVATE KEY-----\\nMC4CAQ\\n\"", 403);
    refused("/etc/nginx/tls/slot-b.pem", "/etc/\\u0000");
    refused("\"version\":1", "\"version\":99");
    refused("\"version\":1", "\"version\":1,\"version\":1");
    CHECK(host.post(host.agent, "/v1/inventory",
                  host.report({slotWith("slot-b", oneDay), slotWith("slot-b", oneDay)}))
              .status == 400);
    CHECK(host.post(host.agent, "/v1/inventory",
                  host.report({slotWith("slot-b", oneDay), slotWith("slot-a", oneDay)}))
              .status == 400);
    REQUIRE(host.slots().size() == 1);
    CHECK(host.slots().front().slot.id == model::SlotId("slot-a"));
}

TEST_CASE("a million slots are refused before they are looked at")
{
    Host host;
    std::string body = "{\"scanned_at\":\"2026-01-01T00:00:00Z\",\"skipped\":[],\"slots\":[0";
    for (int i = 1; i < 1'000'000; ++i)
        body += ",0";
    body += "],\"version\":1}";
    const auto said = host.ask(host.agent.identity, "POST", "/v1/inventory", body);
    CHECK(said.status == 400);
    CHECK_MESSAGE(said.message.find("20000") != std::string::npos, said.message);
    std::string nested = "{\"slots\":" + std::string(100'000, '[');
    CHECK(host.ask(host.agent.identity, "POST", "/v1/inventory", nested).status == 400);
    // A check-in is small, or it is none.
    const auto good =
        protocol::toJson(protocol::Checkin{"epoch-1", "process-1", 0, "", "", 0}).canonical();
    const auto spaces = std::string(2U << 20U, ' ');
    CHECK(host.ask(host.agent.identity, "POST", "/v1/checkin", good).status == 200);
    CHECK(host.ask(host.agent.identity, "POST", "/v1/checkin", spaces + good).status == 413);
}

TEST_CASE("what a certificate says is believed, not what is said of it")
{
    Host host;
    TestPki pki(host.folder);
    pki.makeRoot("root");
    pki.issueServer("web1.example.test", "root");
    const auto pem = readText(pki["web1.example.test"].certificate);
    auto slot = slotWith("slot-a", oneDay * 4000);
    slot.certificatePem = pem;
    CHECK(host.send({slot}).status == 400); // the fingerprint is another
    slot.certificate.fingerprint =
        model::Fingerprint(must(x509::Certificate::fromPem(pem)).fingerprint());
    REQUIRE(host.send({slot}).status == 200);
    REQUIRE(host.slots().size() == 1);
    CHECK(host.slots().front().slot.certificate.serial != slot.certificate.serial);
    CHECK(toRfc3339(host.slots().front().slot.certificate.notAfter) == "2099-12-31T23:59:59Z");
}
