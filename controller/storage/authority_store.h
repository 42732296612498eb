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

// A certificate that was issued lately, or a renewal that nobody here has told of yet.
struct Renewal {
    std::string serial;
    std::string renews; // serial of the old one; empty: a first certificate
    std::string requester;
    std::string address;
    std::string publicKey; // SHA-256, hex; empty: an older service does not tell
    TimePoint issuedAt;
    TimePoint heardAt;
};
Status addRenewal(sql::Session& session, const Renewal& renewal);
Result<std::vector<Renewal>> renewals(sql::Session& session); // in the order of their issue
Result<bool> isRecent(sql::Session& session, const std::string& serial);
Status removeFirstOnes(sql::Session& session, TimePoint heardUntil); // those that renew nothing
Status removeRenewal(sql::Session& session, const std::string& serial);

// The last event of the service that was read.
Result<std::int64_t> cursor(sql::Session& session);
Status setCursor(sql::Session& session, std::int64_t event);

} // namespace authority

} // namespace perennial::controller
