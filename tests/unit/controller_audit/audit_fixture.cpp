#include "tests/unit/controller_audit/audit_fixture.h"

#include "shared/audit/log_files.h"
#include "shared/base/random.h"

#include <doctest/doctest.h>

namespace perennial::test {

using controller::AuditLog;
using controller::AuditOutbox;

std::unique_ptr<sql::Database> openAuditDatabase(const std::string& file)
{
    auto database = sql::Database::open(file, {{1, AuditOutbox::schema}});
    REQUIRE_MESSAGE(database, database.error().message);
    return std::move(*database);
}

AuditFixture::AuditFixture() : database(openAuditDatabase(folder / "controller.db"))
{
    const auto made = AuditLog::create(files, settings(), "controller.example.test/audit");
    REQUIRE_MESSAGE(made, made.error().message);
}

controller::AuditLogSettings AuditFixture::settings(bool acceptRestored) const
{
    controller::AuditLogSettings settings;
    settings.folder = folder / "audit";
    settings.keyFile = folder / "audit-key.pem";
    settings.host = "controller.example.test";
    settings.checkpointEvents = checkpointEvents;
    settings.eventsPerFile = eventsPerFile;
    settings.acceptRestoredLog = acceptRestored;
    return settings;
}

Result<std::unique_ptr<AuditLog>> AuditFixture::open(bool acceptRestored)
{
    return AuditLog::open(files, *database, clock, settings(acceptRestored));
}

std::unique_ptr<AuditLog> AuditFixture::mustOpen(bool acceptRestored)
{
    auto log = open(acceptRestored);
    REQUIRE_MESSAGE(log, log.error().message);
    return std::move(*log);
}

model::AuditEvent AuditFixture::event(const std::string& kind) const
{
    model::AuditEvent event;
    event.time = clock.preciseNow();
    event.id = uuidV7(event.time);
    event.kind = kind;
    event.actor = {"agent", "a1", "mtls", "192.0.2.7"};
    event.host = "web1.example.test";
    return event;
}

std::string AuditFixture::add(const std::string& kind) { return addMany(1, kind).front(); }

std::vector<std::string> AuditFixture::addMany(int count, const std::string& kind)
{
    std::vector<std::string> ids;
    const auto done = database->transaction([&](sql::Session& session) -> Status {
        for (int i = 0; i < count; ++i) {
            const auto added = event(kind);
            ids.push_back(added.id);
            if (auto status = AuditOutbox::add(session, added); !status) return status;
        }
        return {};
    });
    REQUIRE_MESSAGE(done, done.error().message);
    return ids;
}

std::int64_t AuditFixture::waiting()
{
    std::int64_t count = -1;
    const auto done = database->read([&](sql::Session& session) -> Status {
        const auto waiting = AuditOutbox::waiting(session);
        if (waiting) count = *waiting;
        return waiting ? Status() : waiting.error();
    });
    REQUIRE(done);
    return count;
}

Result<audit::Verdict> AuditFixture::verdict() const
{
    auto key = readFile("public-key");
    key.pop_back();
    const auto verifier = audit::NoteVerifier::fromText(key);
    REQUIRE(verifier);
    return audit::verifyLog(files, folder / "audit", *verifier);
}

audit::VerifiedLog AuditFixture::mustVerify() const
{
    const auto judged = verdict();
    REQUIRE_MESSAGE(judged, judged.error().message);
    if (const auto* damaged = std::get_if<audit::DamagedLog>(&*judged)) FAIL(damaged->message);
    return std::get<audit::VerifiedLog>(*judged);
}

std::vector<std::string> AuditFixture::lines() const
{
    const audit::LogFiles log{folder / "audit"};
    const auto segments = audit::listSegments(files, log);
    REQUIRE(segments);
    std::vector<std::string> all;
    for (const auto first : *segments) {
        audit::LineReader reader(files, log.segment(first));
        for (auto line = reader.line(); line && *line; line = reader.line())
            all.emplace_back(**line);
    }
    return all;
}

std::string AuditFixture::readFile(const std::string& name) const
{
    auto content = files.read(folder.path() / "audit" / name);
    REQUIRE_MESSAGE(content, content.error().message);
    return *content;
}

void AuditFixture::writeFile(const std::string& name, const std::string& content) const
{
    PosixFileSystem writing;
    REQUIRE(writing.replace(folder.path() / "audit" / name, content));
}

std::string memberOf(const std::string& record, const std::string& member)
{
    const auto json = Json::parse(record);
    REQUIRE_MESSAGE(json, record);
    const Json* value = json->find(member);
    if (value == nullptr) return "";
    return value->string() != nullptr ? *value->string() : value->canonical();
}

} // namespace perennial::test
