#include "controller/inventory/enrollment_watch.h"

#include "controller/audit/audit_outbox.h"
#include "controller/inventory/across_agents.h"
#include "controller/inventory/renewal_judgement.h"
#include "controller/storage/slot_index.h"

namespace perennial::controller {

namespace {

constexpr std::size_t trustLimit = 1U << 20U;
constexpr std::size_t tokenLimit = 4096;
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
    const auto issued = timeFromRfc3339(textOf(item, "time"));
    if (kind == "certificate.issued" && issued)
        done = authority::addRenewal(
            session, {serial, textOf(*details, "renews"), textOf(*details, "requester"),
                         textOf(*details, "address"), textOf(*details, "public_key_sha256"),
                         *issued, std::chrono::floor<Duration>(now)});
    if (!done) return done.error();
    return 0;
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
    const auto facts = files.inspect(settings.tokenFile);
    if (!facts) return Error{ErrorKind::InvalidInput, facts.error().message};
    if ((facts->mode & 077U) != 0)
        return Error{ErrorKind::InvalidInput,
            settings.tokenFile + ": others may read it; set its mode to 0600"};
    auto token = files.read(settings.tokenFile, tokenLimit);
    if (!token) return Error{ErrorKind::InvalidInput, token.error().message};
    while (!token->empty() && (token->back() == '\n' || token->back() == '\r'))
        token->pop_back();
    tls::ClientSettings tls;
    tls.trust.anchors = *std::move(anchors);
    return std::unique_ptr<EnrollmentWatch>(new EnrollmentWatch(
        settings, http::Client(std::move(tls)), Secret(*std::move(token)), database, clock));
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
    const auto judged = judgeRenewals(database_, settings_.grace, clock_.preciseNow());
    if (!judged) return judged.error();
    return told + *judged;
}

} // namespace perennial::controller
