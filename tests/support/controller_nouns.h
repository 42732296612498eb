#pragma once

#include "controller/audit/audit_outbox.h"
#include "controller/policy_source/policy_source.h"
#include "controller/storage/agent_store.h"
#include "controller/storage/controller_migrations.h"
#include "controller/storage/order_store.h"
#include "controller/storage/slot_store.h"
#include "shared/base/random.h"
#include "tests/support/test_pki.h"

#include <doctest/doctest.h>
#include <memory>
#include <string>
#include <vector>

// The controller's nouns, small and good, to be changed by each test.
namespace perennial::test {

inline constexpr TimePoint today{Duration(1'790'000'000)}; // Monday 2026-09-21T14:13:20Z
inline constexpr Duration oneDay{24 * 3600};

inline std::unique_ptr<sql::Database> openControllerDatabase(const std::string& file)
{
    auto database = sql::Database::open(
        file, controller::controllerMigrations(controller::AuditOutbox::schema));
    REQUIRE_MESSAGE(database.ok(), database.error().message);
    return *std::move(database);
}

inline void must(const Status& status) { REQUIRE_MESSAGE(status.ok(), status.error().message); }

template <class T>
T must(Result<T> result)
{
    REQUIRE_MESSAGE(result.ok(), result.error().message);
    return *std::move(result);
}

inline controller::AgentRecord agentRecord(
    const std::string& id = "agent-1", const std::string& host = "web1.example.test")
{
    controller::AgentRecord record;
    record.agent = model::AgentId(id);
    record.host = host;
    record.labels = {{"role", "web"}};
    record.joinedAt = record.lastSeen = today;
    record.identityNotAfter = today + oneDay * 7;
    return record;
}

// Fingerprints are long hex: a letter repeated is enough to tell them apart.
inline model::Fingerprint fingerprintOf(char digit)
{
    return model::Fingerprint(std::string(64, digit));
}

// A certificate of ninety days with `left` to go.
inline model::Slot slotWith(const std::string& id, Duration left,
    const model::Fingerprint& fingerprint = fingerprintOf('a'))
{
    model::Slot slot;
    slot.id = model::SlotId(id);
    slot.place = {"pem", "/etc/nginx/tls/" + id + ".pem", "/etc/nginx/tls/" + id + ".key"};
    slot.service = "nginx";
    auto& certificate = slot.certificate;
    certificate.fingerprint = fingerprint;
    // No authority gives a number twice.
    certificate.serial =
        fingerprint == fingerprintOf('a') ? "0A1B2C" : "0A" + fingerprint.text().substr(0, 8);
    certificate.subject = "CN=web1.example.test";
    certificate.issuer = "CN=Example-Issuing-CA,O=Example";
    certificate.displayName = "web1.example.test";
    certificate.names = {"dns:web1.example.test"};
    certificate.keyType = "ec-p256";
    certificate.signatureAlgorithm = "ecdsa-with-SHA256";
    certificate.notAfter = today + left;
    certificate.notBefore = certificate.notAfter - oneDay * 90;
    return slot;
}

inline controller::SlotRecord slotRecord(
    const model::Slot& slot, const std::string& agent = "agent-1", int toldDays = 1000)
{
    return {model::AgentId(agent), slot, toldDays};
}

// Renewed at any time within 30 days of the end.
inline model::CertificatePolicy webPolicy()
{
    model::CertificatePolicy policy;
    policy.name = "web";
    policy.agentLabels = {{"role", "web"}};
    policy.renewBefore = oneDay * 30;
    policy.enrollmentService = "corp";
    policy.keyType = "same";
    policy.action = "reload-nginx";
    return policy;
}

inline controller::PolicySnapshot snapshotOf(const std::vector<model::CertificatePolicy>& policies)
{
    controller::PolicySnapshot snapshot;
    snapshot.manifest.commit = std::string(40, 'c');
    snapshot.manifest.version = 3;
    snapshot.set.policies = policies;
    snapshot.appliedAt = today;
    return snapshot;
}

// What waits in the outbox, each event checked against its description.
inline std::vector<model::AuditEvent> eventsIn(sql::Database& database)
{
    std::vector<model::AuditEvent> events;
    must(database.read([&](sql::Session& session) -> Status {
        for (const auto& row : must(controller::AuditOutbox::oldest(session, 100'000)))
            events.push_back(must(model::auditEventFromJson(must(Json::parse(row.event)))));
        return {};
    }));
    return events;
}

inline std::vector<std::string> kindsIn(sql::Database& database)
{
    std::vector<std::string> kinds;
    for (const auto& event : eventsIn(database))
        kinds.push_back(event.kind);
    return kinds;
}

// The details that docs/audit_events.md does not name for this kind; "renewal.*" of the page counts
// for the kind itself only.
inline std::string undocumentedDetails(const model::AuditEvent& event)
{
    static const std::string page =
        readText(std::string(PERENNIAL_SOURCE_DIR) + "/docs/audit_events.md");
    const auto row = page.find("| `" + event.kind + "` |");
    REQUIRE_MESSAGE(row != std::string::npos, event.kind);
    const auto line = page.substr(row, page.find('\n', row) - row);
    std::string strange;
    for (const auto& [name, value] : event.details) {
        if (line.find("`" + name + "`") == std::string::npos) strange += name + " ";
    }
    return strange;
}

} // namespace perennial::test
