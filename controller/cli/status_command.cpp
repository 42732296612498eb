#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"

namespace perennial::cli {

namespace {

Style whenAny(const Json& status, const std::string& member, Style style)
{
    return numberOf(status, member) > 0 ? style : Style::Plain;
}

void addPolicies(const Json& status, Table& table)
{
    const auto state = textOf(status, "policy.state");
    auto text = state;
    if (const auto commit = textOf(status, "policy.commit"); !commit.empty())
        text += ", in force: commit " + commit + ", version " + textOf(status, "policy.version");
    table.add({"policies", {text, state == "applied" ? Style::Good : Style::Bad}});
    if (const auto problem = textOf(status, "policy.problem"); !problem.empty())
        table.add({"", {problem, Style::Bad}});
}

void addCertificates(const Json& status, Table& table)
{
    table.add({"certificates", textOf(status, "certificates.total") + ", " +
                                   textOf(status, "certificates.managed") + " ruled by a policy"});
    if (numberOf(status, "certificates.no_longer_managed") > 0)
        table.add({"", {textOf(status, "certificates.no_longer_managed") +
                               " ruled by a policy before and by none now: left alone, nobody "
                               "renews them (`perennial certificates` says which)",
                           Style::Warning}});
    std::string expired = textOf(status, "certificates.expired") + " expired";
    if (numberOf(status, "certificates.expired_managed") > 0)
        expired += ", " + textOf(status, "certificates.expired_managed") +
                   " of them ruled by a policy: no key renews them, slot.enrollment_needed in the "
                   "audit log says how each is enrolled anew";
    table.add({"", {expired, whenAny(status, "certificates.expired", Style::Bad)}});
    table.add({"", {textOf(status, "certificates.expiring_7d") + " within 7 days, " +
                           textOf(status, "certificates.expiring_30d") + " within 30 days",
                       whenAny(status, "certificates.expiring_7d", Style::Warning)}});
}

// A controller of an older version counts none.
void addEmptyPlaces(const Json& status, Table& table)
{
    if (numberOf(status, "empty_places.total") == 0) return;
    const bool failing = numberOf(status, "empty_places.failing") > 0;
    table.add({"empty places",
        {textOf(status, "empty_places.total") + " where a policy wants a certificate and none is "
                                                "yet: slot.enrollment_needed says how each gets it",
            Style::Warning}});
    table.add({"", {textOf(status, "empty_places.pending") + " of them wait for an approval, " +
                           textOf(status, "empty_places.failing") +
                           " failed last (`perennial renewals` says why)",
                       failing ? Style::Bad : Style::Plain}});
}

void addSinks(const Json& status, Table& table)
{
    for (const auto& sink : itemsOf(status, "audit.sinks")) {
        const auto state = textOf(sink, "state");
        const auto message = textOf(sink, "message");
        table.add({"audit sink", {textOf(sink, "name") + ": " + state + ", " + textOf(sink, "lag") +
                                         " events behind" + (message.empty() ? "" : ": " + message),
                                     state == "working" ? Style::Good : Style::Bad}});
    }
}

void addEnrollmentWatch(const Json& status, Table& table)
{
    const auto state = textOf(status, "enrollment_watch.state");
    if (state.empty() || state == "off") return; // empty: a controller of an older version
    if (state == "working") {
        table.add({"enrolment watch",
            {"working, " + textOf(status, "enrollment_watch.behind") + " events behind",
                Style::Good}});
    } else {
        table.add({"enrolment watch",
            {"failing since " + timeOf(status, "enrollment_watch.since") + " UTC, " +
                    textOf(status, "enrollment_watch.tries") + " tries",
                Style::Bad}});
        table.add({"", {textOf(status, "enrollment_watch.problem"), Style::Bad}});
    }
    if (numberOf(status, "enrollment_watch.restores") > 0)
        table.add({"", {"the service's database was replaced at " +
                               timeOf(status, "enrollment_watch.restored_at") + " UTC",
                           Style::Warning}});
}

Status showStatus(const Context& context)
{
    auto client = context.controller();
    if (!client) return client.error();
    const auto status = client->get("/v1/status");
    if (!status) return status.error();
    if (context.options().json) {
        context.printJson(*status);
        return {};
    }
    Table table;
    table.add({"controller", textOf(*status, "name") + ", version " + textOf(*status, "version")});
    table.add({"time", timeOf(*status, "time") + " UTC"});
    addPolicies(*status, table);
    table.add({"agents",
        {textOf(*status, "agents.total") + ", " + textOf(*status, "agents.silent") + " silent",
            whenAny(*status, "agents.silent", Style::Warning)}});
    addCertificates(*status, table);
    addEmptyPlaces(*status, table);
    table.add(
        {"renewals", textOf(*status, "renewals.open") + " open, " +
                         textOf(*status, "renewals.completed_24h") + " completed within 24 hours"});
    table.add({"", {textOf(*status, "renewals.failed_24h") + " failed within 24 hours",
                       whenAny(*status, "renewals.failed_24h", Style::Bad)}});
    table.add(
        {"audit log", textOf(*status, "audit.size") + " events, " +
                          textOf(*status, "audit.checkpoint_size") + " under a signed checkpoint"});
    addSinks(*status, table);
    addEnrollmentWatch(*status, table);
    context.print(table);
    return {};
}

} // namespace

void addStatusCommand(CommandTree& tree)
{
    tree.add("status", "one page of what matters", showStatus);
}

} // namespace perennial::cli
