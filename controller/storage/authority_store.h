#pragma once

#include "shared/base/clock.h"
#include "shared/sql/database.h"

#include <optional>
#include <string>
#include <vector>

namespace perennial::controller {

// What the enrolment service did by its own account. Every call works inside the caller's
// transaction.
namespace authority {

Status addRevocation(sql::Session& session, const std::string& serial, const std::string& reason);
Status removeRevocation(sql::Session& session, const std::string& serial); // a hold that is over
Result<std::optional<std::string>> revocationOf(                           // its reason
    sql::Session& session, const std::string& serial);

// A renewal that nobody here has told of yet.
struct Renewal {
    std::string serial;
    std::string renews; // serial of the old one
    std::string requester;
    std::string address;
    TimePoint issuedAt;
};
Status addRenewal(sql::Session& session, const Renewal& renewal);
Result<std::vector<Renewal>> renewalsUntil(sql::Session& session, TimePoint time);
Status removeRenewal(sql::Session& session, const std::string& serial);

// The last event of the service that was read.
Result<std::int64_t> cursor(sql::Session& session);
Status setCursor(sql::Session& session, std::int64_t event);

} // namespace authority

} // namespace perennial::controller
