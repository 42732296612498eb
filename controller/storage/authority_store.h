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

// What an event says of a certificate's revocation. An event that is not after the last one of the
// same certificate is no news: the list is read again when the service's database was restored.
struct RevocationEvent {
    std::string serial;
    bool revoked = true; // else: a hold is over
    std::string reason;
    TimePoint time;
    std::int64_t id = 0; // of the event
};
Result<bool> takeRevocation(sql::Session& session, const RevocationEvent& event); // is it news?
Result<std::optional<std::string>> revocationOf(                                  // its reason
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
Status addRenewal(sql::Session& session, const Renewal& renewal); // once, also when settled
Result<std::vector<Renewal>> renewals(sql::Session& session);     // in the order of their issue
Result<bool> isRecent(sql::Session& session, const std::string& serial);
Status removeFirstOnes(sql::Session& session, TimePoint heardUntil); // those that renew nothing
Status removeRenewal(sql::Session& session, const std::string& serial);
Status settleRenewal(sql::Session& session, const std::string& serial); // never judged again

// What a template is open to, as it stands now; the ones that it was not before.
Result<std::vector<std::string>> noteTemplateRisks(
    sql::Session& session, const std::string& name, const std::vector<std::string>& risks);

// How far the service's list of events was read, and how it goes.
struct WatchState {
    std::int64_t cursor = 0; // number of the last event that was read
    std::string database;    // whose list it is; empty: an older service does not tell
    std::string digest;      // of that event
    std::int64_t newest = 0; // number of the newest event there, as last heard
    std::int64_t restores = 0;
    TimePoint restoredAt;
    std::int64_t tries = 0; // without success, one after another
    TimePoint failingSince;
    std::string problem;
    friend bool operator==(const WatchState&, const WatchState&) = default;
};
Result<WatchState> watchState(sql::Session& session);
Status setWatchState(sql::Session& session, const WatchState& state);

} // namespace authority

} // namespace perennial::controller
