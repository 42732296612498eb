#include "controller/api/operator_views.h"

#include "controller/inventory/empty_places.h"
#include "controller/storage/authority_store.h"

namespace perennial::controller {

namespace {

constexpr Duration day = std::chrono::hours(24);

struct Counts {
    std::int64_t agents = 0;
    std::int64_t silent = 0;
    std::int64_t certificates = 0;
    std::int64_t managed = 0;
    std::int64_t noLongerManaged = 0;
    std::int64_t expired = 0;
    std::int64_t expiredManaged = 0;
    std::int64_t expiring7 = 0;
    std::int64_t expiring30 = 0;
    EmptyPlaces places;
    std::int64_t openRenewals = 0;
    std::int64_t completed = 0;
    std::int64_t failed = 0;
    authority::WatchState watch;
};

void countAgents(const OperatorParts& parts, Counts& counts)
{
    for (const auto& agent : parts.directory.all()) {
        if (agent.state == "revoked") continue;
        ++counts.agents;
        if (parts.clock.now() - agent.lastSeen >= parts.silentAfter) ++counts.silent;
    }
}

void countCertificate(const OperatorParts& parts, const PolicySnapshot* snapshot,
    const SlotRecord& record, Counts& counts)
{
    const auto left = record.slot.certificate.notAfter - parts.clock.now();
    ++counts.certificates;
    if (left <= Duration::zero()) ++counts.expired;
    if (left <= day * 7) ++counts.expiring7;
    if (left <= day * 30) ++counts.expiring30;
    const auto agent = parts.directory.find(record.agent);
    if (snapshot != nullptr && agent &&
        policy::findPolicyFor(
            snapshot->set, {agent->agent, agent->host, agent->labels}, record.slot) != nullptr) {
        ++counts.managed;
        if (left <= Duration::zero()) ++counts.expiredManaged;
    } else if (!record.formerPolicy.empty()) {
        ++counts.noLongerManaged;
    }
}

Result<Counts> count(const OperatorParts& parts)
{
    Counts counts;
    countAgents(parts, counts);
    const auto snapshot = parts.policies.current();
    const auto done = parts.database.read([&](sql::Session& session) -> Status {
        const auto records = slots::all(session);
        if (!records) return records.error();
        for (const auto& record : *records)
            countCertificate(parts, snapshot.get(), record, counts);
        if (snapshot != nullptr) {
            const auto places = countEmptyPlaces(session, snapshot->set, parts.directory.all());
            if (!places) return places.error();
            counts.places = *places;
        }
        const auto open = orders::openOnes(session);
        if (!open) return open.error();
        counts.openRenewals = static_cast<std::int64_t>(open->size());
        const auto since = parts.clock.now() - day;
        const auto completed = orders::countEnded(session, true, since);
        if (!completed) return completed.error();
        const auto failed = orders::countEnded(session, false, since);
        if (!failed) return failed.error();
        counts.completed = *completed;
        counts.failed = *failed;
        const auto watch = authority::watchState(session);
        if (!watch) return watch.error();
        counts.watch = *watch;
        return {};
    });
    if (!done) return done.error();
    return counts;
}

Json sinkItem(const SinkStatus& sink)
{
    Json item;
    item["name"] = sink.name;
    item["state"] = sink.working ? "working" : "failing";
    item["cursor"] = sink.cursor;
    item["lag"] = sink.lag;
    item["message"] = toPrintable(sink.message);
    return item;
}

Json watchItem(bool watches, const authority::WatchState& watch)
{
    Json item;
    item["state"] = !watches ? "off" : watch.tries == 0 ? "working" : "failing";
    item["cursor"] = watch.cursor;
    item["behind"] = watch.newest - watch.cursor;
    item["tries"] = watch.tries;
    if (watch.tries > 0) item["since"] = toRfc3339(watch.failingSince);
    item["problem"] = watch.problem;
    item["restores"] = watch.restores;
    if (watch.restores > 0) item["restored_at"] = toRfc3339(watch.restoredAt);
    return item;
}

std::string metric(const char* name, const char* type, const char* help, std::int64_t value)
{
    const std::string prefix = std::string("perennial_") + name;
    return "# HELP " + prefix + " " + help + "\n# TYPE " + prefix + " " + type + "\n" + prefix +
           " " + std::to_string(value) + "\n";
}

} // namespace

Result<Json> statusView(const OperatorParts& parts)
{
    const auto counts = count(parts);
    if (!counts) return counts.error();
    Json body;
    body["name"] = parts.name;
    body["version"] = PERENNIAL_VERSION;
    body["time"] = toRfc3339(parts.clock.now());
    const auto snapshot = parts.policies.current();
    const auto refused = parts.policies.refused();
    auto& policy = body["policy"];
    policy["commit"] = snapshot ? snapshot->manifest.commit : "";
    policy["version"] = snapshot ? snapshot->manifest.version : 0;
    policy["state"] = refused ? "rejected" : snapshot ? "applied" : "none";
    policy["problem"] = refused ? toPrintable(refused->problem, 4096) : "";
    body["agents"]["total"] = counts->agents;
    body["agents"]["silent"] = counts->silent;
    auto& certificates = body["certificates"];
    certificates["total"] = counts->certificates;
    certificates["managed"] = counts->managed;
    certificates["no_longer_managed"] = counts->noLongerManaged;
    certificates["expired"] = counts->expired;
    certificates["expired_managed"] = counts->expiredManaged;
    certificates["expiring_7d"] = counts->expiring7;
    certificates["expiring_30d"] = counts->expiring30;
    body["empty_places"]["total"] = counts->places.total;
    body["empty_places"]["pending"] = counts->places.pending;
    body["empty_places"]["failing"] = counts->places.failing;
    body["renewals"]["open"] = counts->openRenewals;
    body["renewals"]["completed_24h"] = counts->completed;
    body["renewals"]["failed_24h"] = counts->failed;
    body["audit"]["size"] = parts.log.size();
    body["audit"]["checkpoint_size"] = parts.log.checkpointSize();
    body["audit"]["sinks"] = Json(Json::Array{});
    for (const auto& sink : parts.publisher.status())
        body["audit"]["sinks"].push(sinkItem(sink));
    body["enrollment_watch"] = watchItem(parts.watchesEnrollment, counts->watch);
    return body;
}

Result<std::string> metricsText(const OperatorParts& parts)
{
    const auto counts = count(parts);
    if (!counts) return counts.error();
    std::string text;
    text += metric("agents", "gauge", "Joined agents that are not revoked.", counts->agents);
    text +=
        metric("agents_silent", "gauge", "Agents not heard of for silent_after.", counts->silent);
    text += metric("certificates", "gauge", "Certificates in all slots.", counts->certificates);
    text += metric("certificates_managed", "gauge", "Of them ruled by a policy.", counts->managed);
    text += metric("certificates_no_longer_managed", "gauge",
        "Ruled by a policy before and by none now: left alone.", counts->noLongerManaged);
    text += metric("certificates_expired", "gauge", "Of them expired.", counts->expired);
    text += metric("certificates_expired_managed", "gauge",
        "Of them expired and ruled by a policy: to be enrolled anew.", counts->expiredManaged);
    text += metric(
        "certificates_expiring_7d", "gauge", "Of them with 7 days or less.", counts->expiring7);
    text += metric(
        "certificates_expiring_30d", "gauge", "Of them with 30 days or less.", counts->expiring30);
    text += metric("empty_places", "gauge",
        "Places at which a policy wants a certificate and none is yet.", counts->places.total);
    text += metric("empty_places_pending", "gauge", "Of them waiting for an approval of the CA.",
        counts->places.pending);
    text += metric("empty_places_failing", "gauge", "Of them whose last attempt failed.",
        counts->places.failing);
    text +=
        metric("renewals_open", "gauge", "Renewals ordered and not ended.", counts->openRenewals);
    text += metric("renewals_completed_24h", "gauge", "Renewals completed within 24 hours.",
        counts->completed);
    text += metric("renewals_failed_24h", "gauge",
        "Renewals rolled back or abandoned within 24 hours.", counts->failed);
    text += metric("audit_events", "counter", "Events in the audit log.", parts.log.size());
    text += metric("checkins_total", "counter", "Agent check-ins since the start.",
        static_cast<std::int64_t>(parts.directory.checkins()));
    const auto snapshot = parts.policies.current();
    text += metric("policy_version", "gauge", "Version of the applied policies.",
        snapshot ? snapshot->manifest.version : 0);
    if (parts.watchesEnrollment) {
        const auto& watch = counts->watch;
        text += metric("enrollment_watch_failures", "gauge",
            "Tries in a row that could not read the enrolment service's events.", watch.tries);
        text += metric("enrollment_watch_behind", "gauge",
            "Events of the enrolment service that are not read yet.", watch.newest - watch.cursor);
        text += metric("enrollment_restores_total", "counter",
            "Times that the enrolment service's database was another one.", watch.restores);
    }
    text += "# HELP perennial_sink_lag Events behind the log.\n# TYPE perennial_sink_lag gauge\n";
    for (const auto& sink : parts.publisher.status())
        text += "perennial_sink_lag{sink=\"" + sink.name + "\"} " + std::to_string(sink.lag) + "\n";
    return text;
}

} // namespace perennial::controller
