#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"

namespace perennial::cli {

namespace {

constexpr const char* mostItems = "1000"; // as many as the service gives at once

Status listRequests(const Context& context)
{
    auto client = context.enrollment();
    if (!client) return client.error();
    const auto requests =
        client->getAll("/v1/requests", {{"state", context.options().state}, {"limit", mostItems}});
    if (!requests) return requests.error();
    if (context.options().json) {
        context.printJson(*requests);
        return {};
    }
    Table table({">ID", "=STATE", "=KIND", "REQUESTER", "TEMPLATE", "NAMES", "=RECEIVED (UTC)",
        "MESSAGE", "DECIDED BY", "=SERIAL"});
    for (const auto& request : itemsOf(*requests)) {
        const auto state = textOf(request, "state");
        const auto* names = request.find("names");
        table.add({textOf(request, "request_id"),
            {state, state == "denied"    ? Style::Bad
                    : state == "pending" ? Style::Warning
                                         : Style::Plain},
            textOf(request, "kind"), textOf(request, "requester"), textOf(request, "template"),
            names == nullptr ? "" : joined(*names), timeOf(request, "received_at"),
            textOf(request, "message"), textOf(request, "decided_by"), textOf(request, "serial")});
    }
    context.printList(table, "no requests");
    return {};
}

Status decide(const Context& context, const std::string& verb, const Json& body)
{
    const auto& id = context.options().id;
    if (auto known = checkIdentifier("request", id); !known) return known;
    auto client = context.enrollment();
    if (!client) return client.error();
    const auto request = client->post("/v1/requests/" + id + "/" + verb, body);
    if (!request) return request.error();
    if (context.options().json) {
        context.printJson(*request);
        return {};
    }
    const auto serial = textOf(*request, "serial");
    context.print("request " + id + " is " + textOf(*request, "state") +
                  (serial.empty() ? "" : ", serial " + serial) + "\n");
    return {};
}

Status approve(const Context& context) { return decide(context, "approve", Json(Json::Object{})); }

Status deny(const Context& context)
{
    Json body;
    body["reason"] = context.options().reason;
    return decide(context, "deny", body);
}

Status listIssued(const Context& context)
{
    auto client = context.enrollment();
    if (!client) return client.error();
    const auto certificates = client->getAll("/v1/certificates", {{"limit", mostItems}});
    if (!certificates) return certificates.error();
    if (context.options().json) {
        context.printJson(*certificates);
        return {};
    }
    Table table({"=SERIAL", "SUBJECT", "TEMPLATE", "=UNTIL (UTC)", "=FROM (UTC)", ">REQUEST", "="});
    for (const auto& item : itemsOf(*certificates))
        table.add({textOf(item, "serial"), textOf(item, "subject"), textOf(item, "template"),
            timeOf(item, "not_after"), timeOf(item, "not_before"), textOf(item, "request_id"),
            {isTrue(item, "revoked") ? "revoked" : "", Style::Bad}});
    context.printList(table, "no certificates");
    return {};
}

// All of them: the service gives them from the oldest on, a thousand at a time.
Result<Json> allEvents(ApiClient& client)
{
    Json all;
    all["items"] = Json(Json::Array{});
    for (std::int64_t after = 0;;) {
        const auto page =
            client.get("/v1/events", {{"after", std::to_string(after)}, {"limit", mostItems}});
        if (!page) return page;
        const auto before = after;
        for (const auto& event : itemsOf(*page)) {
            after = std::max(after, numberOf(event, "id"));
            all["items"].push(event);
        }
        if (after == before) return all;
    }
}

Status listEvents(const Context& context)
{
    auto client = context.enrollment();
    if (!client) return client.error();
    const auto events = allEvents(*client);
    if (!events) return events.error();
    if (context.options().json) {
        context.printJson(*events);
        return {};
    }
    Table table({">ID", "=TIME (UTC)", "=KIND", "DETAILS"});
    for (const auto& event : itemsOf(*events))
        table.add({textOf(event, "id"), timeOf(event, "time"), textOf(event, "kind"),
            textOf(event, "details")});
    context.printList(table, "no events");
    return {};
}

} // namespace

void addEnrollmentCommands(CommandTree& tree)
{
    auto& options = tree.options();
    auto& enrollment = tree.add("enrollment", "perennial-enrollment: requests and certificates");
    auto& requests = tree.add(enrollment, "requests", "requests, newest first", listRequests);
    requests.add_option("--state", options.state, "pending, issued or denied")
        ->check(CLI::IsMember({"pending", "issued", "denied"}));
    auto& approving = tree.add(enrollment, "approve", "issue what was asked for", approve);
    approving.add_option("ID", options.id, "request id")->required();
    auto& denying = tree.add(enrollment, "deny", "refuse what was asked for", deny);
    denying.add_option("ID", options.id, "request id")->required();
    denying.add_option("--reason", options.reason, "kept with the request")->required();
    tree.add(enrollment, "certificates", "issued certificates", listIssued);
    tree.add(enrollment, "events", "what the service did", listEvents);
    addRevocationCommands(tree, enrollment);
    addTemplateCommands(tree, enrollment);
    addUserCommands(tree, enrollment);
    addIssueTestCommand(tree, enrollment);
}

} // namespace perennial::cli
