#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"

namespace perennial::cli {

namespace {

const std::vector<std::string>& reasonWords()
{
    static const std::vector<std::string> words = {"unspecified", "keyCompromise", "cACompromise",
        "affiliationChanged", "superseded", "cessationOfOperation", "certificateHold",
        "removeFromCRL", "privilegeWithdrawn", "aACompromise"};
    return words;
}

Status revoke(const Context& context)
{
    const auto& serial = context.options().serial;
    if (auto known = checkIdentifier("serial number", serial); !known) return known;
    auto client = context.enrollment();
    if (!client) return client.error();
    Json body;
    body["reason"] = context.options().reason;
    const auto done = client->post("/v1/certificates/" + serial + "/revoke", body);
    if (!done) return done.error();
    if (context.options().json) {
        context.printJson(*done);
        return {};
    }
    context.print(serial + ": " + textOf(*done, "reason") + ", " + timeOf(*done, "revoked_at") +
                  (isTrue(*done, "published")
                          ? ", published\n"
                          : ", NOT YET PUBLISHED: " + textOf(*done, "publication_failure") + "\n"));
    return {};
}

void printLists(const Context& context, const Json& lists)
{
    if (context.options().json) {
        context.printJson(lists);
        return;
    }
    Table table({"=KIND", ">NUMBER", ">BASE", "=FROM (UTC)", "=UNTIL (UTC)", ">ENTRIES"});
    for (const auto& item : itemsOf(lists))
        table.add({textOf(item, "kind"), textOf(item, "number"), textOf(item, "base_number"),
            timeOf(item, "this_update"), timeOf(item, "next_update"), textOf(item, "entries")});
    context.printList(table, "no CRL");
}

Status showLists(const Context& context)
{
    auto client = context.enrollment();
    if (!client) return client.error();
    const auto lists = client->get("/v1/crl");
    if (!lists) return lists.error();
    printLists(context, *lists);
    return {};
}

Status publish(const Context& context)
{
    auto client = context.enrollment();
    if (!client) return client.error();
    Json body;
    body["kind"] = context.options().state.empty() ? "base" : context.options().state;
    const auto lists = client->post("/v1/crl/publish", body);
    if (!lists) return lists.error();
    printLists(context, *lists);
    return {};
}

} // namespace

void addRevocationCommands(CommandTree& tree, CLI::App& enrollment)
{
    auto& options = tree.options();
    auto& revoking = tree.add(
        enrollment, "revoke", "take a certificate back, or with removeFromCRL a hold", revoke);
    revoking.add_option("SERIAL", options.serial, "serial number of the certificate")->required();
    revoking.add_option("--reason", options.reason, "a reason of RFC 5280")
        ->required()
        ->check(CLI::IsMember(reasonWords()));
    auto& lists = tree.add(enrollment, "crl", "certificate revocation lists");
    tree.add(lists, "show", "what is published; --json has the CRLs in PEM", showLists);
    auto& publishing = tree.add(lists, "publish", "publish now", publish);
    publishing.add_option("--kind", options.state, "base (the default) or delta")
        ->check(CLI::IsMember({"base", "delta"}));
}

} // namespace perennial::cli
