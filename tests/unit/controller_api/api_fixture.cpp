#include "tests/unit/controller_api/api_fixture.h"

#include "controller/api/answers.h"
#include "shared/x509/digest.h"
#include "shared/x509/signing_request.h"

namespace perennial::test {

using namespace controller;

std::string requestPem(const x509::PrivateKey& key)
{
    return must(x509::makeSigningRequest({must(x509::subjectDerFromText("agent")), {}, {}}, key))
        .toPem();
}

std::string joinBody(const std::string& secret, const std::string& host, const std::string& request)
{
    return protocol::toJson(protocol::JoinRequest{secret, host, request}).canonical();
}

model::AuditEvent toldBy(const model::AgentId& agent, const std::string& kind,
    std::int64_t sequence, const std::string& order, const std::string& slot)
{
    model::AuditEvent event;
    event.time = PreciseTime(SystemClock().now());
    event.id = uuidV7(event.time);
    event.kind = kind;
    event.actor = {"agent", agent.text(), "mtls", ""};
    event.agentId = agent.text();
    event.host = "somewhere.example.test";
    event.correlationId = order;
    event.slotId = slot;
    event.agentSequence = sequence;
    event.agentEpoch = "epoch-1";
    return event;
}

ControllerApi::ControllerApi()
{
    openStores();
    inventory = std::make_unique<Inventory>(*database, clock);
    orders = std::make_unique<OrderDesk>(*database, clock);
    joinDesk = std::make_unique<JoinDesk>(*database, *authority, clock);
    intake = std::make_unique<EventIntake>(*database, clock);
    directory = std::make_unique<AgentDirectory>(*database, clock);
    quarantine = std::make_unique<Quarantine>(*database, *directory, clock);
    policies = std::make_unique<PolicySource>(
        PolicySourceSettings{folder / "repository", "main", folder / "signers", folder / "policies",
            oneDay, Duration(5)},
        files, clock);
    agentApi = std::make_unique<AgentApi>(AgentApi::Parts{*directory, *quarantine, *joinDesk,
        *inventory, *intake, *policies, clock, log, Duration(60), [] {}});
    operatorApi = std::make_unique<OperatorApi>(
        OperatorParts{"controller.example.test", *database, *directory, *quarantine, *joinDesk,
            *orders, *policies, *audit, *publisher, clock, log, Duration(600), true, [] {},
            [] {
                return Status(Error{ErrorKind::Unavailable, "the repository does not answer"});
            },
            [] { return std::vector<std::string>{"no policies have been read yet"}; }});
    startServers();
}

void ControllerApi::openStores()
{
    database = openControllerDatabase(folder / "controller.db");
    must(IdentityAuthority::make(
        files, folder.path().string(), "controller.example.test", clock.now()));
    authority =
        std::make_unique<IdentityAuthority>(must(IdentityAuthority::open(folder.path().string())));
    AuditLogSettings settings;
    settings.folder = folder / "audit";
    settings.keyFile = folder / "audit.key";
    settings.host = "controller.example.test";
    must(AuditLog::create(files, settings, "controller.example.test/audit"));
    audit = must(AuditLog::open(files, *database, clock, settings));
    publisher = must(Publisher::start({}, *audit, files, clock, folder / "sinks"));
}

void ControllerApi::startServers()
{
    using Wanted = tls::ServerSettings::ClientCertificate;
    const auto identity = must(authority->issueServer({"localhost", "127.0.0.1"}, clock.now()));
    agentServer =
        must(http::Server::start({}, {identity, Wanted::Optional, {authority->certificate()}}, {},
            [this](const http::Call& call) { return agentApi->answer(call); }, log,
            {[this](const http::Call& call) { return agentApi->admit(call); }, refusalAnswer}));
    http::ServerLimits limits;
    limits.body = OperatorApi::mostBytes;
    operatorServer = must(http::Server::start({}, {identity, Wanted::No, {}}, limits,
        [this](const http::Call& call) { return operatorApi->answer(call); }, log,
        {{}, refusalAnswer}));
}

protocol::JoinToken ControllerApi::token(const std::string& host, Duration life)
{
    return must(joinDesk->createToken(
                    host, {{"role", "web"}}, life, {"human", "ann", "token", "127.0.0.1"}))
        .token;
}

Joined ControllerApi::join(const std::string& host)
{
    auto key = must(x509::PrivateKey::generate("ec-p256"));
    const auto said =
        ask(std::nullopt, "POST", "/v1/join", joinBody(token(host).secret, host, requestPem(key)));
    REQUIRE_MESSAGE(said.status == 200, said.message);
    const auto answer = must(protocol::joinAnswerFromJson(said.json));
    return {answer.agent, {{must(x509::Certificate::fromPem(answer.identityPem))},
                              std::make_shared<x509::PrivateKey>(std::move(key))}};
}

tls::Identity ControllerApi::identityFor(const model::AgentId& agent, TimePoint issued)
{
    auto key = must(x509::PrivateKey::generate("ec-p256"));
    auto certificate = must(authority->issueIdentity(requestPem(key), agent, issued));
    return {{std::move(certificate)}, std::make_shared<x509::PrivateKey>(std::move(key))};
}

Said ControllerApi::send(http::Client& client, const http::ClientRequest& request)
{
    const auto response = client.send(request);
    if (!response)
        return {0, "", {}, std::string(nameOf(response.error().kind)), response.error().message};
    Said said{response->status, response->body, {}, "", ""};
    if (auto json = Json::parse(said.text)) said.json = *std::move(json);
    if (said.status < 400 || request.url.find("/readyz") != std::string::npos) return said;
    CHECK(response->headers.at("content-type") == "application/json");
    REQUIRE_MESSAGE(said.json.find("error") != nullptr, said.text);
    JsonReader in(*said.json.find("error"), "error");
    said.kind = in.string("kind");
    said.message = in.string("message");
    must(in.finish());
    CHECK(!said.message.empty());
    CHECK(said.json.object()->size() == 1);
    return said;
}

Said ControllerApi::ask(const std::optional<tls::Identity>& who, const std::string& method,
    const std::string& path, const std::string& body)
{
    http::Client client({{{authority->certificate()}, ""}, who});
    return send(client, {method, "https://localhost:" + std::to_string(agentServer->port()) + path,
                            {{"Content-Type", "application/json"}}, body});
}

Said ControllerApi::checkin(const Joined& agent, const std::string& instance)
{
    protocol::Checkin question;
    question.epoch = "epoch-1";
    question.instance = instance;
    return post(agent, "/v1/checkin", protocol::toJson(question));
}

Said ControllerApi::events(
    const Joined& agent, const std::vector<model::AuditEvent>& events, const std::string& epoch)
{
    auto told = events;
    for (auto& event : told)
        event.agentEpoch = epoch;
    return post(agent, "/v1/events", protocol::toJson(protocol::EventBatch{epoch, told}));
}

void ControllerApi::addOperator(const std::string& role)
{
    must(database->transaction([&](sql::Session& session) {
        return access::putOperator(
            session, {"the-" + role, role}, x509::sha256Hex(role + "-token"));
    }));
}

Said ControllerApi::operate(const std::string& token, const std::string& method,
    const std::string& path, const std::string& body)
{
    http::Client client({{{authority->certificate()}, ""}, {}});
    std::map<std::string, std::string> headers;
    if (!token.empty()) headers["Authorization"] = "Bearer " + token;
    return send(
        client, {method, "https://localhost:" + std::to_string(operatorServer->port()) + path,
                    headers, body});
}

model::AuditEvent ControllerApi::last(const std::string& kind)
{
    std::optional<model::AuditEvent> found;
    for (auto& event : eventsIn(*database)) {
        if (event.kind == kind) found = std::move(event);
    }
    REQUIRE_MESSAGE(found, kind);
    return *std::move(found);
}

std::size_t ControllerApi::count(const std::string& kind)
{
    const auto all = kinds();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), kind));
}

} // namespace perennial::test
