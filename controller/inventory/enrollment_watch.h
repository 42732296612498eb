#pragma once

#include "controller/storage/authority_store.h"
#include "shared/base/file_system.h"
#include "shared/base/json.h"
#include "shared/base/secret.h"
#include "shared/http/client/http_client.h"

#include <memory>
#include <string>

namespace perennial::controller {

struct EnrollmentWatchSettings {
    std::string url;       // of perennial-enrollment's admin API
    std::string trustFile; // PEM
    std::string tokenFile; // mode 0600
    Duration every{30};
    // How long an agent may take to tell of a renewal before nobody explains it.
    Duration grace{900};
};

// Holds what the authority did against what the agents told: revoked certificates that are still
// in place, and renewals of their certificates that they did not make.
class EnrollmentWatch {
public:
    // InvalidInput when trust or token cannot be used.
    static Result<std::unique_ptr<EnrollmentWatch>> open(const EnrollmentWatchSettings& settings,
        const FileSystem& files, sql::Database& database, const Clock& clock);

    struct Look {
        int told = 0;   // audit events that were written
        Status reached; // why the service's events could not be read to the end
    };
    // Reads the service's new events and judges; an error is one of our own database.
    Result<Look> look();

    struct Taken {
        int told = 0;
        bool more = false; // there may be
    };
    // What it reads, in a transaction. `page`: as GET /v1/events gives it.
    static Result<Taken> take(sql::Database& database, const Json& page, PreciseTime now);
    // An outage is told when it begins and when it ends, also over a restart. How many events.
    static Result<int> noteOutcome(
        sql::Database& database, const std::string& url, const Status& reached, PreciseTime now);

private:
    EnrollmentWatch(EnrollmentWatchSettings settings, http::Client client, Secret token,
        sql::Database& database, const Clock& clock);
    Result<Json> page(std::int64_t after);
    Status readOn(int& told);

    EnrollmentWatchSettings settings_;
    http::Client client_;
    Secret token_;
    sql::Database& database_;
    const Clock& clock_;
};

} // namespace perennial::controller
