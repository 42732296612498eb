#pragma once

#include "controller/audit/audit_log.h"
#include "shared/audit/log_verifier.h"
#include "shared/base/file_system.h"
#include "shared/sql/database.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_folder.h"

#include <memory>
#include <string>
#include <vector>

namespace perennial::test {

// A clock that somebody sets while time passes.
class SetClock final : public Clock {
public:
    PreciseTime preciseNow() const override { return passed_.preciseNow() + shift_; }
    std::chrono::milliseconds monotonic() const override { return passed_.monotonic(); }
    void advance(Duration by) { passed_.advance(by); }
    void set(std::chrono::milliseconds by) { shift_ += by; }

private:
    FakeClock passed_{TimePoint(std::chrono::seconds(1'790'000'000))};
    std::chrono::milliseconds shift_{0};
};

// A controller's database and audit log in a folder of the test's own.
class AuditFixture {
public:
    AuditFixture();

    controller::AuditLogSettings settings(bool acceptRestored = false) const;
    Result<std::unique_ptr<controller::AuditLog>> open(bool acceptRestored = false);
    std::unique_ptr<controller::AuditLog> mustOpen(bool acceptRestored = false);
    std::string add(const std::string& kind = "scan.completed"); // returns the event's id
    std::vector<std::string> addMany(int count, const std::string& kind = "scan.completed");
    model::AuditEvent event(const std::string& kind = "scan.completed") const;
    std::int64_t waiting();

    Result<audit::Verdict> verdict() const;
    audit::VerifiedLog mustVerify() const;
    std::vector<std::string> lines() const; // of all segments
    std::string readFile(const std::string& name) const;
    void writeFile(const std::string& name, const std::string& content) const;

    TemporaryFolder folder{memoryFolder()};
    PosixFileSystem files;
    SetClock clock;
    std::unique_ptr<sql::Database> database;
    std::int64_t eventsPerFile = 8;
    std::int64_t checkpointEvents = 100;
};

std::unique_ptr<sql::Database> openAuditDatabase(const std::string& file);
std::string memberOf(const std::string& record, const std::string& member);

} // namespace perennial::test
