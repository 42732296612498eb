#include "controller/inventory/enrollment_watch.h"

#include "controller/audit/audit_outbox.h"
#include "controller/inventory/across_agents.h"
#include "controller/inventory/renewal_judgement.h"
#include "controller/inventory/template_risks.h"
#include "controller/storage/slot_index.h"
#include "shared/base/random.h"
#include "shared/base/secret_file.h"

#include <algorithm>

namespace perennial::controller {

namespace {

constexpr std::size_t trustLimit = 1U << 20U;
constexpr int pagesAtOnce = 20; // the rest comes with the next look

std::string textOf(const Json& json, const char* member)
{
    const auto* found = json.find(member);
    if (found == nullptr || found->string() == nullptr) return {};
    return toPrintable(*found->string(), 255);
}

// Writes `kind` for every slot that holds the certificate.
Result<int> tellRevoked(
    sql::Session& session, const std::string& serial, const std::string& reason, PreciseTime now)
{
    const auto held = slots::withSerial(session, serial);
    if (!held) return held.error();
    int told = 0;
    for (const auto& record : *held) {
        const auto agent = agents::find(session, record.agent);
        if (!agent) return agent.error();
        const auto event = revokedEvent((*agent).value_or(AgentRecord{}), record.slot, reason, now);
        if (auto added = AuditOutbox::add(session, event); !added) return added.error();
        ++told;
    }
    return told;
}

std::int64_t numberOf(const Json& json, const char* member)
{
    const auto* found = json.find(member);
    return found == nullptr || found->integer() == nullptr ? 0 : *found->integer();
}

Result<int> takeEvent(sql::Session& session, const Json& item, PreciseTime now)
{
    const auto kind = textOf(item, "kind");
    const auto* details = item.find("details");
    if (details == nullptr) return 0;
    if (kind.rfind("template", 0) == 0) return takeTemplateRisks(session, kind, *details, now);
    const auto serial = textOf(*details, "serial");
    const auto time = timeFromRfc3339(textOf(item, "time"));
    if (serial.empty() || !time) return 0;
    if (kind == "certificate.revoked" || kind == "certificate.released") {
        const bool revoked = kind == "certificate.revoked";
        const auto reason = textOf(*details, "reason");
        const auto news = authority::takeRevocation(
            session, {serial, revoked, reason, *time, numberOf(item, "id")});
        if (!news) return news.error();
        return *news && revoked ? tellRevoked(session, serial, reason, now) : Result<int>(0);
    }
    if (kind != "certificate.issued") return 0;
    const auto added = authority::addRenewal(
        session, {serial, textOf(*details, "renews"), textOf(*details, "requester"),
                     textOf(*details, "address"), textOf(*details, "public_key_sha256"), *time,
                     std::chrono::floor<Duration>(now)});
    if (!added) return added.error();
    return 0;
}

model::AuditEvent ownEvent(const std::string& kind, model::Outcome outcome, PreciseTime now)
{
    model::AuditEvent event;
    event.id = uuidV7(now);
    event.kind = kind;
    event.time = now;
    event.actor = {"controller", "", "", ""};
    event.outcome = outcome;
    return event;
}

// A restored backup gives numbers again that were given to other events, and may have overtaken
// the cursor since: the event that the cursor stands on must still be the same one.
bool isAnotherList(const authority::WatchState& state, const Json& page)
{
    const auto database = textOf(page, "database");
    if (database.empty()) return false; // an older service does not tell
    if (!state.database.empty() && state.database != database) return true;
    if (numberOf(page, "newest") < state.cursor) return true;
    return !state.digest.empty() && state.digest != textOf(page, "after_digest");
}

// Read from its beginning: nobody knows where the old list and this one part. What was told once
// is not told again.
Status beginAnew(
    sql::Session& session, authority::WatchState& state, const Json& page, PreciseTime now)
{
    auto event = ownEvent("enrollment.restored", model::Outcome::Failure, now);
    event.reason = "the enrolment service's list of events is not the one that was read before: "
                   "its database was restored from a backup, or is another one. Revocations and "
                   "requests after the backup may be forgotten there: look, and revoke again";
    event.details = {{"read_until", state.cursor}, {"newest", numberOf(page, "newest")},
        {"database", textOf(page, "database")}};
    state.cursor = 0;
    state.digest.clear();
    state.database = textOf(page, "database");
    state.newest = numberOf(page, "newest");
    state.restoredAt = std::chrono::floor<Duration>(now);
    ++state.restores;
    if (auto told = AuditOutbox::add(session, event); !told) return told;
    return authority::setWatchState(session, state);
}

} // namespace

Result<EnrollmentWatch::Taken> EnrollmentWatch::take(
    sql::Database& database, const Json& page, PreciseTime now)
{
    const auto* items = page.find("items");
    if (items == nullptr || items->array() == nullptr)
        return Error{ErrorKind::InvalidInput, "the answer is no enrolment service's"};
    Taken taken;
    const auto done = database.transaction([&](sql::Session& session) -> Status {
        taken = {};
        auto state = authority::watchState(session);
        if (!state) return state.error();
        if (isAnotherList(*state, page)) {
            taken.told = 1; // and no more at once: two databases behind one name must not flood
            return beginAnew(session, *state, page, now);
        }
        const auto before = *state;
        state->database = textOf(page, "database");
        if (state->digest.empty()) state->digest = textOf(page, "after_digest");
        std::int64_t last = 0;
        for (const auto& item : *items->array()) {
            if (numberOf(item, "id") <= last)
                return Error{ErrorKind::InvalidInput, "events are not numbered upwards"};
            last = numberOf(item, "id");
            const auto told = takeEvent(session, item, now);
            if (!told) return told.error();
            taken.told += *told;
            state->cursor = last;
            state->digest = textOf(item, "digest");
        }
        state->newest = std::max(numberOf(page, "newest"), state->cursor);
        taken.more = last != 0;
        return *state == before ? Status() : authority::setWatchState(session, *state);
    });
    if (!done) return done.error();
    return taken;
}

Result<int> EnrollmentWatch::noteOutcome(
    sql::Database& database, const std::string& url, const Status& reached, PreciseTime now)
{
    int told = 0;
    const auto done = database.transaction([&](sql::Session& session) -> Status {
        told = 0;
        auto state = authority::watchState(session);
        if (!state) return state.error();
        if (reached && state->tries == 0) return {};
        if (!reached && state->tries == 0) state->failingSince = std::chrono::floor<Duration>(now);
        auto event = ownEvent(reached ? "enrollment.watch_recovered" : "enrollment.watch_failed",
            reached ? model::Outcome::Success : model::Outcome::Failure, now);
        event.details = {{"url", toPrintable(url, 255)}};
        if (reached) {
            event.details["tries"] = state->tries;
            event.details["since"] = toRfc3339(state->failingSince);
        } else {
            event.reason = toPrintable(reached.error().message);
        }
        const bool isFirst = state->tries == 0;
        state->problem = reached ? "" : toPrintable(reached.error().message, 1000);
        state->tries = reached ? 0 : state->tries + 1;
        if (auto kept = authority::setWatchState(session, *state); !kept) return kept;
        if (!reached && !isFirst) return {};
        ++told;
        return AuditOutbox::add(session, event);
    });
    if (!done) return done.error();
    return told;
}

EnrollmentWatch::EnrollmentWatch(EnrollmentWatchSettings settings, http::Client client,
    Secret token, sql::Database& database, const Clock& clock)
    : settings_(std::move(settings)), client_(std::move(client)), token_(std::move(token)),
      database_(database), clock_(clock)
{
}

Result<std::unique_ptr<EnrollmentWatch>> EnrollmentWatch::open(
    const EnrollmentWatchSettings& settings, const FileSystem& files, sql::Database& database,
    const Clock& clock)
{
    const auto pem = files.read(settings.trustFile, trustLimit);
    if (!pem) return Error{ErrorKind::InvalidInput, pem.error().message};
    auto anchors = x509::Certificate::allFromPem(*pem);
    if (!anchors) return anchors.error().in(settings.trustFile);
    if (anchors->empty())
        return Error{ErrorKind::InvalidInput, settings.trustFile + ": no certificate in it"};
    auto token = readSecretLine(settings.tokenFile);
    if (!token) return Error{ErrorKind::InvalidInput, token.error().message};
    tls::ClientSettings tls;
    tls.trust.anchors = *std::move(anchors);
    return std::unique_ptr<EnrollmentWatch>(new EnrollmentWatch(
        settings, http::Client(std::move(tls)), *std::move(token), database, clock));
}

Result<Json> EnrollmentWatch::page(std::int64_t after)
{
    const auto response =
        client_.send({"GET", settings_.url + "/v1/events?limit=1000&after=" + std::to_string(after),
            {{"Authorization", "Bearer " + std::string(token_.reveal())}}, ""});
    if (!response) return response.error();
    if (response->status != 200)
        return Error{ErrorKind::Unavailable,
            settings_.url + " answered with status " + std::to_string(response->status)};
    return Json::parse(response->body);
}

Status EnrollmentWatch::readOn(int& told)
{
    for (int pages = 0; pages < pagesAtOnce; ++pages) {
        std::int64_t after = 0;
        const auto read = database_.read([&](sql::Session& session) -> Status {
            const auto state = authority::watchState(session);
            if (!state) return state.error();
            after = state->cursor;
            return {};
        });
        if (!read) return read.error();
        const auto answered = page(after);
        if (!answered) return answered.error();
        const auto taken = take(database_, *answered, clock_.preciseNow());
        if (!taken) return taken.error();
        told += taken->told;
        if (!taken->more) break;
    }
    return {};
}

Result<EnrollmentWatch::Look> EnrollmentWatch::look()
{
    Look looked;
    looked.reached = readOn(looked.told);
    const auto noted = noteOutcome(database_, settings_.url, looked.reached, clock_.preciseNow());
    if (!noted) return noted.error();
    // Also while it is away: who silences it must not silence what it told before.
    const auto judged = judgeRenewals(database_, settings_.grace, clock_.preciseNow());
    if (!judged) return judged.error();
    looked.told += *noted + *judged;
    return looked;
}

} // namespace perennial::controller
