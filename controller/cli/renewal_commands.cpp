#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"
#include "controller/cli/renewal_text.h"

namespace perennial::cli {

namespace {

Status listRenewals(const Context& context)
{
    auto client = context.controller();
    if (!client) return client.error();
    const auto renewals = client->getAll("/v1/renewals", {{"limit", ApiClient::mostAtOnce}});
    if (!renewals) return renewals.error();
    if (context.options().json) {
        context.printJson(*renewals);
        return {};
    }
    Table table({"=STATE", "NAME", "=ORDER", "HOST", "=CHANGED (UTC)", "MESSAGE"});
    for (const auto& renewal : itemsOf(*renewals)) {
        const auto state = textOf(renewal, "state");
        table.add({{state, styleOfState(state)}, textOf(renewal, "name"),
            textOf(renewal, "order_id"), textOf(renewal, "host"), timeOf(renewal, "updated_at"),
            textOf(renewal, "message")});
    }
    context.printList(table, "no renewals yet");
    return {};
}

Status showRenewal(const Context& context)
{
    const auto& order = context.options().id;
    if (auto known = checkIdentifier("renewal", order); !known) return known;
    auto client = context.controller();
    if (!client) return client.error();
    const auto renewal = client->get("/v1/renewals/" + order);
    if (!renewal) return renewal.error();
    if (context.options().json) {
        context.printJson(*renewal);
        return {};
    }
    Table table;
    for (const auto* member : {"order_id", "name", "host", "agent_id", "slot_id", "origin",
             "reason", "policy", "policy_commit"})
        table.add({member, textOf(*renewal, member)});
    table.add({"ordered_at", timeOf(*renewal, "ordered_at")});
    table.add({"updated_at", timeOf(*renewal, "updated_at")});
    table.add({"state", {endOf(*renewal), styleOfState(textOf(*renewal, "state"))}});
    context.print(table);
    if (itemsOf(*renewal, "events").empty()) return {};
    context.print("\n");
    for (const auto& event : itemsOf(*renewal, "events"))
        context.print(eventLine(event, context.terminal()));
    return {};
}

} // namespace

void addRenewalCommands(CommandTree& tree)
{
    auto& renewals = tree.add("renewals", "renewals and how they went, newest first", listRenewals);
    auto& show = tree.add(renewals, "show", "one renewal with its audit events", showRenewal);
    show.add_option("ID", tree.options().id, "order id, as `renewals` shows it")->required();
}

} // namespace perennial::cli
