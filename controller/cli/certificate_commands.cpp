#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"

namespace perennial::cli {

namespace {

Style styleOf(std::int64_t daysLeft)
{
    if (daysLeft < 7) return Style::Bad;
    return daysLeft < 30 ? Style::Warning : Style::Plain;
}

Cell policyOf(const Json& item)
{
    if (isTrue(item, "managed")) return textOf(item, "policy");
    const auto former = textOf(item, "former_policy");
    if (former.empty()) return {"none", Style::Faint};
    return {"none, was " + former, Style::Warning};
}

void printCertificates(const Context& context, const Json& certificates)
{
    Table table({"NAME", "HOST", ">DAYS", "=EXPIRES (UTC)", "POLICY", "=RENEWAL (UTC)", "SERVICE",
        "=SLOT", "=AGENT", "=SERIAL"});
    for (const auto& item : itemsOf(certificates)) {
        const auto days = numberOf(item, "days_left");
        table.add({textOf(item, "name"), textOf(item, "host"),
            {textOf(item, "days_left"), styleOf(days)}, timeOf(item, "not_after"), policyOf(item),
            timeOf(item, "renewal_at"), textOf(item, "service"), textOf(item, "slot_id"),
            textOf(item, "agent_id"), textOf(item, "serial")});
    }
    context.printList(table, "no certificates");
    for (const auto& item : itemsOf(certificates)) {
        for (const auto& warning : itemsOf(item, "warnings"))
            context.print(
                coloured(textOf(item, "host") + " " + textOf(item, "name") + ": " + joined(warning),
                    Style::Warning, context.terminal()) +
                "\n");
    }
}

Status listCertificates(const Context& context)
{
    const auto& options = context.options();
    if (!options.expiringWithin.empty()) {
        const auto duration = durationFromText(options.expiringWithin);
        if (!duration) return duration.error().in("--expiring-within");
    }
    auto client = context.controller();
    if (!client) return client.error();
    const auto certificates = client->getAll("/v1/certificates",
        {{"agent", options.agent}, {"policy", options.policy}, {"name", options.name},
            {"expiring_within", options.expiringWithin}, {"limit", ApiClient::mostAtOnce}});
    if (!certificates) return certificates.error();
    if (options.json)
        context.printJson(*certificates);
    else
        printCertificates(context, *certificates);
    return {};
}

} // namespace

void addCertificateCommands(CommandTree& tree)
{
    auto& options = tree.options();
    auto& command = tree.add("certificates", "every certificate of every agent", listCertificates);
    command.add_option("--agent", options.agent, "of this agent (id)");
    command.add_option("--policy", options.policy, "ruled by this policy");
    command.add_option("--name", options.name, "with this name");
    command.add_option("--expiring-within", options.expiringWithin, "such as 30d");
}

} // namespace perennial::cli
