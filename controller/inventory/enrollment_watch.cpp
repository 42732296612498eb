#include "controller/inventory/enrollment_watch.h"

#include "controller/audit/audit_outbox.h"
#include "controller/inventory/across_agents.h"
#include "controller/inventory/inventory_changes.h"
#include "controller/storage/slot_index.h"
#include "shared/base/secret_file.h"

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

Result<int> takeEvent(sql::Session& session, const Json& item, PreciseTime now)
{
    const auto kind = textOf(item, "kind");
    const auto* details = item.find("details");
    if (details == nullptr) return 0;
    const auto serial = textOf(*details, "serial");
    if (serial.empty()) return 0;
    if (kind == "certificate.revoked") {
        const auto reason = textOf(*details, "reason");
        const auto known = authority::revocationOf(session, serial);
        if (!known) return known.error();
        if (auto added = authority::addRevocation(session, serial, reason); !added)
            return added.error();
        return *known ? Result<int>(0) : tellRevoked(session, serial, reason, now);
    }
    Status done;
    if (kind == "certificate.released") done = authority::removeRevocation(session, serial);
    const auto renews = textOf(*details, "renews");
    const auto issued = timeFromRfc3339(textOf(item, "time"));
    if (kind == "certificate.issued" && !renews.empty() && issued)
        done = authority::addRenewal(session,
            {serial, renews, textOf(*details, "requester"), textOf(*details, "address"), *issued});
    if (!done) return done.error();
    return 0;
}

Result<bool> anyOrder(
    sql::Session& session, const std::string& condition, const std::string& serial)
{
    const auto rows =
        session.query("SELECT 1 FROM orders WHERE " + condition + " LIMIT 1", {serial});
    if (!rows) return rows.error();
    return !rows->empty();
}

enum class Verdict { Explained, NotYet, NotOurs, Unexplained };

// Whose it is: a renewal of a certificate that no slot and no order of ours has is no affair of
// ours. Who explains it: an order that came to this serial, or a slot that has it.
Result<Verdict> judgeOne(sql::Session& session, const authority::Renewal& renewal)
{
    const auto placed = slots::withSerial(session, renewal.serial);
    if (!placed) return placed.error();
    // Of this very certificate: an order for another one explains nothing.
    const auto told =
        session.query("SELECT 1 FROM orders WHERE new_serial = ? AND old_serial = ? LIMIT 1",
            {renewal.serial, renewal.renews});
    if (!told) return told.error();
    if (!placed->empty() || !told->empty()) return Verdict::Explained;
    const auto open = anyOrder(session, "old_serial = ? AND open = 1", renewal.renews);
    if (!open) return open.error();
    if (*open) return Verdict::NotYet;
    const auto held = slots::withSerial(session, renewal.renews);
    if (!held) return held.error();
    const auto renewed = anyOrder(session, "old_serial = ?", renewal.renews);
    if (!renewed) return renewed.error();
    return held->empty() && !*renewed ? Verdict::NotOurs : Verdict::Unexplained;
}

Status tellUnexplained(sql::Session& session, const authority::Renewal& renewal, PreciseTime now)
{
    const auto held = slots::withSerial(session, renewal.renews);
    if (!held) return held.error();
    model::AuditEvent event;
    if (held->empty()) { // an order has replaced it since
        event = slotEvent(AgentRecord{}, model::Slot{}, "certificate.unexplained", now);
        event.certificate = {{"serial", renewal.renews}};
    } else {
        const auto agent = agents::find(session, held->front().agent);
        if (!agent) return agent.error();
        event = slotEvent(
            (*agent).value_or(AgentRecord{}), held->front().slot, "certificate.unexplained", now);
    }
    event.outcome = model::Outcome::Failure;
    event.reason = "it was renewed at the authority, and no agent of ours has told of it: look who "
                   "has its key, and revoke the new one";
    event.details = {{"new_serial", renewal.serial}, {"requester", renewal.requester},
        {"requester_address", renewal.address}};
    return AuditOutbox::add(session, event);
}

} // namespace

Result<int> EnrollmentWatch::take(
    sql::Database& database, const Json::Array& items, PreciseTime now)
{
    int told = 0;
    const auto done = database.transaction([&](sql::Session& session) -> Status {
        told = 0;
        std::int64_t last = 0;
        for (const auto& item : items) {
            const auto* id = item.find("id");
            if (id == nullptr || id->integer() == nullptr || *id->integer() <= last)
                return Error{ErrorKind::InvalidInput, "events are not numbered upwards"};
            last = *id->integer();
            const auto taken = takeEvent(session, item, now);
            if (!taken) return taken.error();
            told += *taken;
        }
        if (last == 0) return {};
        return authority::setCursor(session, last);
    });
    if (!done) return done.error();
    return told;
}

Result<int> EnrollmentWatch::judge(sql::Database& database, TimePoint issuedUntil, PreciseTime now)
{
    int told = 0;
    const auto done = database.transaction([&](sql::Session& session) -> Status {
        told = 0;
        const auto renewals = authority::renewalsUntil(session, issuedUntil);
        if (!renewals) return renewals.error();
        for (const auto& renewal : *renewals) {
            const auto verdict = judgeOne(session, renewal);
            if (!verdict) return verdict.error();
            if (*verdict == Verdict::NotYet) continue;
            if (*verdict == Verdict::Unexplained) {
                if (auto said = tellUnexplained(session, renewal, now); !said) return said;
                ++told;
            }
            if (auto removed = authority::removeRenewal(session, renewal.serial); !removed)
                return removed;
        }
        return {};
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

Result<int> EnrollmentWatch::look()
{
    int told = 0;
    for (int pages = 0; pages < pagesAtOnce; ++pages) {
        std::int64_t after = 0;
        const auto read = database_.read([&](sql::Session& session) -> Status {
            const auto known = authority::cursor(session);
            if (!known) return known.error();
            after = *known;
            return {};
        });
        if (!read) return read.error();
        const auto answered = page(after);
        if (!answered) return answered.error();
        const auto* items = answered->find("items");
        if (items == nullptr || items->array() == nullptr)
            return Error{ErrorKind::InvalidInput, settings_.url + " is no enrolment service"};
        if (items->array()->empty()) break;
        const auto taken = take(database_, *items->array(), clock_.preciseNow());
        if (!taken) return taken.error();
        told += *taken;
    }
    const auto judged = judge(database_, clock_.now() - settings_.grace, clock_.preciseNow());
    if (!judged) return judged.error();
    return told + *judged;
}

} // namespace perennial::controller
