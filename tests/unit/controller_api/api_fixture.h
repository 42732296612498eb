#pragma once

#include "controller/api/agent_api.h"
#include "controller/api/operator_api.h"
#include "shared/http/client/http_client.h"
#include "tests/support/controller_nouns.h"
#include "tests/support/fake_clock.h"

#include <memory>
#include <optional>
#include <string>

namespace perennial::test {

struct Joined {
    model::AgentId id;
    tls::Identity identity;
};

struct Said {
    int status = 0; // 0: no answer at all; the error says why
    std::string text;
    Json json;
    std::string kind;    // of error answers
    std::string message; // of error answers, or the client's error
};

// Both APIs of a controller behind their real servers, asked over TLS. The clock starts at the real
// time, which is what TLS itself goes by.
class ControllerApi {
public:
    ControllerApi();

    protocol::JoinToken token(const std::string& host, Duration life = Duration(600));
    Joined join(const std::string& host);
    // A key of its own and a certificate from this controller.
    tls::Identity identityFor(const model::AgentId& agent, TimePoint issued);

    // Every answer from 400 on must have the form of docs/agent_protocol.md.
    Said ask(const std::optional<tls::Identity>& who, const std::string& method,
        const std::string& path, const std::string& body = "");
    Said post(const Joined& agent, const std::string& path, const Json& body)
    {
        return ask(agent.identity, "POST", path, body.canonical());
    }
    Said checkin(const Joined& agent, const std::string& instance = "process-1");
    Said events(const Joined& agent, const std::vector<model::AuditEvent>& events,
        const std::string& epoch = "epoch-1");

    void addOperator(const std::string& role); // its token is "<role>-token"
    Said operate(const std::string& token, const std::string& method, const std::string& path,
        const std::string& body = "");

    std::vector<std::string> kinds() { return kindsIn(*database); }
    model::AuditEvent last(const std::string& kind);
    std::size_t count(const std::string& kind);

    TemporaryFolder folder{memoryFolder()};
    FakeClock clock{SystemClock().now()};
    PosixFileSystem files;
    Log log{"test", LogLevel::Error};
    std::unique_ptr<sql::Database> database;
    std::unique_ptr<controller::IdentityAuthority> authority;
    std::unique_ptr<controller::AuditLog> audit;
    std::unique_ptr<controller::Publisher> publisher;
    std::unique_ptr<controller::PolicySource> policies;
    std::unique_ptr<controller::Inventory> inventory;
    std::unique_ptr<controller::OrderDesk> orders;
    std::unique_ptr<controller::JoinDesk> joinDesk;
    std::unique_ptr<controller::EventIntake> intake;
    std::unique_ptr<controller::AgentDirectory> directory;
    std::unique_ptr<controller::Quarantine> quarantine;
    std::unique_ptr<controller::AgentApi> agentApi;
    std::unique_ptr<controller::OperatorApi> operatorApi;
    std::unique_ptr<http::Server> agentServer;
    std::unique_ptr<http::Server> operatorServer;

private:
    void openStores();
    void startServers();
    Said send(http::Client& client, const http::ClientRequest& request);
};

std::string requestPem(const x509::PrivateKey& key);
std::string joinBody(
    const std::string& secret, const std::string& host, const std::string& request);
model::AuditEvent toldBy(const model::AgentId& agent, const std::string& kind,
    std::int64_t sequence, const std::string& order = "", const std::string& slot = "");

} // namespace perennial::test
