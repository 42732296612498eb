#pragma once

#include "agent/conversation.h"
#include "shared/http/server/http_server.h"
#include "tests/support/agent_parts.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <map>
#include <mutex>

namespace perennial::test {

inline Json parsed(const std::string& text)
{
    auto json = Json::parse(text, protocol::inventoryMessage);
    REQUIRE(json);
    return *std::move(json);
}

// The controller's side of docs/agent_protocol.md, saying what the test says. It can be away.
class FakeController {
public:
    explicit FakeController(const FakeAuthority& authority, const Clock& clock)
        : authority_(authority), clock_(clock), port_(freePort())
    {
        start();
    }
    void start() { start(authority_); }
    void start(const FakeAuthority& authority) // whose certificate it shows
    {
        const auto key = std::make_shared<x509::PrivateKey>(FakeAuthority::newKey());
        const auto chain = x509::Certificate::allFromPem(
            authority.issue(key->publicKeyDer(), content("localhost")));
        REQUIRE(chain);
        const auto root = x509::Certificate::fromPem(authority.rootPem());
        REQUIRE(root);
        tls::ServerSettings settings{
            {*chain, key}, tls::ServerSettings::ClientCertificate::Required, {*root}};
        auto started = http::Server::start(
            {"127.0.0.1", port_}, settings, {64U << 20U},
            [this](const http::Call& call) { return answer(call); }, Log("test", LogLevel::Error));
        REQUIRE_MESSAGE(started.ok(), (started ? "" : started.error().message));
        server_ = *std::move(started);
    }
    void stop() { server_.reset(); }

    static FakeAuthority::Content content(const std::string& name)
    {
        return {std::chrono::sys_days(std::chrono::year(2020) / 1 / 1),
            std::chrono::sys_days(std::chrono::year(2049) / 1 / 1), {name},
            {std::string(x509::oid::serverAuthentication),
                std::string(x509::oid::clientAuthentication)},
            name};
    }
    std::string url() const { return "https://localhost:" + std::to_string(port_); }

    // What it says. Set between the agent's turns.
    protocol::CheckinAnswer checkin;
    protocol::Documents documents;
    std::map<std::string, http::Answer> instead; // by path: said whatever was asked
    std::int64_t acknowledgesAtMost = 1'000'000;
    std::function<std::string(const std::string& requestPem)> identity;

    // What it heard.
    std::vector<model::AuditEvent> events; // as often as they were sent and acknowledged
    std::vector<protocol::Checkin> checkins;
    std::vector<std::size_t> batches;
    std::map<std::string, std::size_t> calls; // by path
    std::size_t count(const std::string& kind) const
    {
        return static_cast<std::size_t>(std::count_if(events.begin(), events.end(),
            [&](const model::AuditEvent& event) { return event.kind == kind; }));
    }

private:
    http::Answer answer(const http::Call& call)
    {
        const std::lock_guard lock(mutex_);
        ++calls[call.path];
        if (const auto found = instead.find(call.path); found != instead.end())
            return found->second;
        if (call.path == "/v1/checkin") {
            if (auto asked = protocol::checkinFromJson(parsed(call.body)))
                checkins.push_back(*asked);
            checkin.controllerTime = controllerTime.value_or(clock_.now());
            return {200, "application/json", protocol::toJson(checkin).canonical(), {}};
        }
        if (call.path == "/v1/documents")
            return {200, "application/json", protocol::toJson(documents).canonical(), {}};
        if (call.path == "/v1/events") return take(call);
        if (call.path == "/v1/identity") {
            const auto asked = protocol::identityRequestFromJson(parsed(call.body));
            if (!asked || !identity) return {503, "text/plain", "", {}};
            return {200, "application/json",
                protocol::toJson(protocol::IdentityAnswer{identity(asked->requestPem)}).canonical(),
                {}};
        }
        return {200, "application/json", "{\"digest\":\"\"}", {}};
    }
    http::Answer take(const http::Call& call)
    {
        const auto batch = protocol::eventBatchFromJson(parsed(call.body));
        if (!batch) return {400, "text/plain", batch.error().message, {}};
        batches.push_back(batch->events.size());
        std::int64_t last = 0;
        for (const auto& event : batch->events) {
            if (event.agentSequence > acknowledgesAtMost) break;
            events.push_back(event);
            last = event.agentSequence;
        }
        return {200, "application/json", "{\"acknowledged\":" + std::to_string(last) + "}", {}};
    }

public:
    std::optional<TimePoint> controllerTime; // unset: the agent's own

private:
    const FakeAuthority& authority_;
    const Clock& clock_;
    int port_;
    std::mutex mutex_;
    std::unique_ptr<http::Server> server_;
};

// An agent that has joined, on a disk in memory, and its talk with a FakeController.
struct JoinedAgent {
    JoinedAgent(const FakeAuthority& authority, const FakeController& controller, FakeHost& host,
        agent::EnrollerHands& enroller, const Clock& clock)
        : controllerAuthority(authority), clock_(clock), host_(host), enroller_(enroller)
    {
        config.state = folder / "state";
        config.controllerUrl = controller.url();
        REQUIRE(disk.makeFolder(config.state));
        REQUIRE(agent::storeJoining(
            disk, config, testAgent, "web1.example.test", "epoch-1", authority.rootPem()));
        storeIdentity(FakeController::content("agent"));
        restart();
    }
    void storeIdentity(const FakeAuthority::Content& content)
    {
        const auto key = FakeAuthority::newKey();
        REQUIRE(agent::storeIdentity(
            disk, config, key, controllerAuthority.issue(key.publicKeyDer(), content)));
    }
    // All begins anew; the disk stays.
    void restart()
    {
        talk.reset();
        parts = std::make_unique<AgentParts>(disk, config.state, host_, enroller_, clock_);
        REQUIRE(parts->open());
        const auto identity = agent::loadIdentity(disk, config);
        REQUIRE_MESSAGE(identity.ok(), (identity ? "" : identity.error().message));
        talk = std::make_unique<agent::Conversation>(
            agent::Conversation::Parts{config, disk, clock_, parts->desired, parts->slots,
                *parts->events, parts->desk, log},
            *identity);
    }
    std::size_t count(const std::string& kind) const
    {
        const auto all = parts->events->next(100'000);
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(),
            [&](const model::AuditEvent& event) { return event.kind == kind; }));
    }

    const FakeAuthority& controllerAuthority;
    const Clock& clock_;
    FakeHost& host_;
    agent::EnrollerHands& enroller_;
    TemporaryFolder folder{memoryFolder()};
    PosixFileSystem disk;
    agent::AgentConfig config;
    std::unique_ptr<AgentParts> parts;
    Log log{"test", LogLevel::Error};
    std::unique_ptr<agent::Conversation> talk;
};

} // namespace perennial::test
