#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"
#include "controller/cli/renewal_text.h"
#include "shared/base/encoding.h"
#include "shared/base/periodic_task.h"

#include <algorithm>

namespace perennial::cli {

namespace {

// So long a controller that is restarted may stay away while a renewal is waited for.
constexpr std::chrono::milliseconds patience = std::chrono::minutes(2);

struct Which {
    std::string agent;
    std::string slot;
};

Error wrongUse(const std::string& message) { return {ErrorKind::InvalidInput, message}; }

// Serial numbers are the same whatever the case of their digits, colons and leading zeros.
std::string plainSerial(const std::string& text)
{
    std::string plain;
    for (const char c : text) {
        if (c == ':' || (c == '0' && plain.empty())) continue;
        plain += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return plain;
}

Result<Which> theOne(const std::vector<Which>& found, const std::string& what)
{
    if (found.empty())
        return Error{ErrorKind::NotFound,
            "no agent reports a certificate " + what + "; `perennial certificates` shows all"};
    if (found.size() == 1) return found.front();
    std::string message = std::to_string(found.size()) + " certificates are " + what +
                          ": name the agent and the slot instead";
    for (const auto& one : found)
        message += "\n  perennial renew " + toPrintable(one.agent) + " " + toPrintable(one.slot);
    return Error{ErrorKind::Conflict, message};
}

Result<Which> findCertificate(const Options& options, ApiClient& client)
{
    const auto certificates = client.getAll(
        "/v1/certificates", {{"name", options.certificate}, {"limit", ApiClient::mostAtOnce}});
    if (!certificates) return certificates.error();
    const auto serial = plainSerial(options.serial);
    std::vector<Which> found;
    for (const auto& item : itemsOf(*certificates)) {
        if (!serial.empty() && plainSerial(textOf(item, "serial")) != serial) continue;
        if (!options.certificate.empty() && textOf(item, "name") != options.certificate) continue;
        found.push_back({textOf(item, "agent_id"), textOf(item, "slot_id")});
    }
    const auto what = options.certificate.empty() ? "with serial number " + options.serial
                                                  : "named " + options.certificate;
    return theOne(found, toPrintable(what, 300));
}

Status checkUse(const Options& options)
{
    const bool placed = !options.agent.empty() || !options.slot.empty();
    const int ways =
        (placed ? 1 : 0) + (options.certificate.empty() ? 0 : 1) + (options.serial.empty() ? 0 : 1);
    if (ways != 1 || (placed && (options.agent.empty() || options.slot.empty())))
        return wrongUse("say which certificate: AGENT SLOT, or --certificate NAME, or --serial S");
    if (!options.serial.empty() && plainSerial(options.serial).empty())
        return wrongUse("--serial: that is no serial number");
    return {};
}

// Looks again and again until the renewal has ended; a controller that is away for a while is
// waited for.
Result<Json> waitForEnd(const Context& context, ApiClient& client, const std::string& order)
{
    std::string told;
    auto lastAnswer = context.clock().monotonic();
    for (;;) {
        auto renewal = client.get("/v1/renewals/" + order);
        const auto now = context.clock().monotonic();
        if (!renewal && renewal.error().kind != ErrorKind::Unavailable) return renewal;
        if (!renewal && now - lastAnswer > patience)
            return renewal.error().in("the renewal " + order + " goes on, but");
        if (renewal) {
            lastAnswer = now;
            const auto state = textOf(*renewal, "state");
            if (hasEnded(state)) return renewal;
            if (state != told && !context.options().json)
                if (!context.print(timeOf(*renewal, "updated_at") + "  " + state + "\n"))
                    return Error{ErrorKind::Internal, "the output could not be written"};
            told = state;
        }
        pauseFor(context.lookAgain());
    }
}

Status reportEnd(const Context& context, const Json& renewal)
{
    if (context.options().json)
        context.printJson(renewal);
    else if (textOf(renewal, "state") == "completed")
        context.print(coloured(endOf(renewal), Style::Good, context.terminal()) + "\n");
    if (textOf(renewal, "state") == "completed") return {};
    return Error{ErrorKind::Conflict,
        "the renewal has ended, but not by a new certificate: " + endOf(renewal) +
            "\n`perennial renewals show " + textOf(renewal, "order_id") + "` has the events"};
}

Status renew(const Context& context)
{
    const auto& options = context.options();
    if (auto used = checkUse(options); !used) return used;
    auto client = context.controller();
    if (!client) return client.error();
    Which which{options.agent, options.slot};
    if (which.agent.empty()) {
        auto found = findCertificate(options, *client);
        if (!found) return found.error();
        which = *std::move(found);
    }
    Json body;
    body["agent_id"] = which.agent;
    body["slot_id"] = which.slot;
    const auto order = client->post("/v1/renewals", body);
    if (!order) return order.error();
    const auto id = textOf(*order, "order_id");
    if (!options.json) context.print("ordered: renewal " + id + "\n");
    if (!options.wait) {
        if (options.json)
            context.printJson(*order);
        else
            context.print("`perennial renewals show " + id + "` tells how it goes\n");
        return {};
    }
    if (auto known = checkIdentifier("renewal", id); !known) return known;
    const auto ended = waitForEnd(context, *client, id);
    if (!ended) return ended.error();
    return reportEnd(context, *ended);
}

} // namespace

void addRenewCommand(CommandTree& tree)
{
    auto& options = tree.options();
    auto& command = tree.add("renew", "renew one certificate now", renew);
    command.add_option("AGENT", options.agent, "agent id, as `certificates` shows it");
    command.add_option("SLOT", options.slot, "slot id, as `certificates` shows it");
    command.add_option("--certificate", options.certificate, "the certificate with this name");
    command.add_option("--serial", options.serial, "the certificate with this serial number");
    command.add_flag("--wait", options.wait,
        "until it has ended; exit status 0 only when the new certificate is in place");
}

} // namespace perennial::cli
