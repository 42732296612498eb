#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"

namespace perennial::cli {

namespace {

Style styleOf(const std::string& state)
{
    if (state == "active") return Style::Good;
    return state == "silent" ? Style::Warning : Style::Bad;
}

Status listAgents(const Context& context)
{
    auto client = context.controller();
    if (!client) return client.error();
    const auto agents = client->getAll("/v1/agents", {{"limit", ApiClient::mostAtOnce}});
    if (!agents) return agents.error();
    if (context.options().json) {
        context.printJson(*agents);
        return {};
    }
    Table table({"HOST", "=STATE", "=LAST SEEN (UTC)", ">SLOTS", "=AGENT", "LABELS",
        "=IDENTITY UNTIL", "=POLICIES"});
    for (const auto& agent : itemsOf(*agents)) {
        const auto state = textOf(agent, "state");
        table.add({textOf(agent, "host"), {state, styleOf(state)}, timeOf(agent, "last_seen"),
            textOf(agent, "slots"), textOf(agent, "agent_id"), labelsOf(agent, "labels"),
            timeOf(agent, "identity_not_after").substr(0, 10),
            textOf(agent, "policy_commit").substr(0, 12)});
    }
    context.printList(table, "no agent has joined: `perennial join-token create` begins one");
    return {};
}

Status postOfAgent(const Context& context, const std::string& verb, const std::string& done)
{
    const auto& agent = context.options().id;
    if (auto known = checkIdentifier("agent", agent); !known) return known;
    auto client = context.controller();
    if (!client) return client.error();
    const auto answer = client->post("/v1/agents/" + agent + "/" + verb, Json(Json::Object{}));
    if (!answer) return answer.error();
    if (context.options().json)
        context.printJson(*answer);
    else
        context.print(verb + "d: " + agent + " " + done + "\n");
    return {};
}

Status revokeAgent(const Context& context)
{
    return postOfAgent(context, "revoke", "is turned away from now on");
}

Status releaseAgent(const Context& context)
{
    return postOfAgent(context, "release", "is one of ours again");
}

} // namespace

void addAgentCommands(CommandTree& tree)
{
    auto& agents = tree.add("agents", "joined agents", listAgents);
    tree.add(agents, "list", "joined agents", listAgents);
    auto& revoke = tree.add(agents, "revoke", "ban an agent at once", revokeAgent);
    revoke.add_option("ID", tree.options().id, "agent id, as `agents` shows it")->required();
    auto& release = tree.add(
        agents, "release", "end the quarantine of an agent that was heard twice", releaseAgent);
    release.add_option("ID", tree.options().id, "agent id, as `agents` shows it")->required();
}

} // namespace perennial::cli
