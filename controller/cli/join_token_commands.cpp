#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"
#include "shared/base/encoding.h"

namespace perennial::cli {

namespace {

// "role=web" into the body's labels.
Status addLabel(const std::string& text, Json& labels)
{
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
        return Error{ErrorKind::InvalidInput,
            "--label: write key=value, not \"" + toPrintable(text, 100) + "\""};
    const auto key = text.substr(0, equals);
    if (labels.find(key) != nullptr)
        return Error{
            ErrorKind::InvalidInput, "--label: \"" + toPrintable(key, 100) + "\" comes twice"};
    labels[key] = text.substr(equals + 1);
    return {};
}

Status createToken(const Context& context)
{
    const auto& options = context.options();
    const auto life = durationFromText(options.life);
    if (!life) return life.error().in("--ttl");
    Json body;
    body["host"] = options.host;
    body["ttl_seconds"] = static_cast<std::int64_t>(life->count());
    body["labels"] = Json(Json::Object{});
    for (const auto& label : options.labels)
        if (auto added = addLabel(label, body["labels"]); !added) return added;
    auto client = context.controller();
    if (!client) return client.error();
    const auto made = client->post("/v1/join-tokens", body);
    if (!made) return made.error();
    if (options.json) {
        context.printJson(*made);
        return {};
    }
    // The token alone on standard output, so that it can go into a file.
    context.print(textOf(*made, "token") + "\n");
    context.tell("token " + textOf(*made, "id") + " for " + toPrintable(options.host) +
                 ", once, until " + timeOf(*made, "expires") +
                 " UTC; it is not shown again. On the host: perennial-agent join --token-file -");
    return {};
}

std::string stateOf(const Json& token, TimePoint now)
{
    if (isTrue(token, "revoked")) return "revoked";
    if (!textOf(token, "used_at").empty()) return "used";
    const auto expires = timeFromRfc3339(textOf(token, "expires"));
    return expires && *expires <= now ? "expired" : "open";
}

Status listTokens(const Context& context)
{
    auto client = context.controller();
    if (!client) return client.error();
    const auto tokens = client->getAll("/v1/join-tokens");
    if (!tokens) return tokens.error();
    if (context.options().json) {
        context.printJson(*tokens);
        return {};
    }
    Table table({"=ID", "HOST", "=STATE", "=EXPIRES (UTC)", "LABELS", "=USED (UTC)", "=BY"});
    for (const auto& token : itemsOf(*tokens)) {
        const auto state = stateOf(token, context.clock().now());
        table.add({textOf(token, "id"), textOf(token, "host"),
            {state, state == "open" ? Style::Good : Style::Faint}, timeOf(token, "expires"),
            labelsOf(token, "labels"), timeOf(token, "used_at"), textOf(token, "used_by")});
    }
    context.printList(table, "no join tokens");
    return {};
}

Status revokeToken(const Context& context)
{
    const auto& id = context.options().id;
    if (auto known = checkIdentifier("join token", id); !known) return known;
    auto client = context.controller();
    if (!client) return client.error();
    const auto done = client->remove("/v1/join-tokens/" + id);
    if (!done) return done.error();
    if (context.options().json)
        context.printJson(*done);
    else
        context.print("revoked: " + id + "\n");
    return {};
}

} // namespace

void addJoinTokenCommands(CommandTree& tree)
{
    auto& options = tree.options();
    auto& tokens = tree.add("join-token", "one-time tokens with which agents join");
    auto& create = tree.add(tokens, "create", "make one; shown only this time", createToken);
    create.add_option("--host", options.host, "the host it is for")->required();
    create.add_option("--label", options.labels, "key=value, given to the agent; may be repeated")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    create.add_option("--ttl", options.life, "how long it counts")->capture_default_str();
    tree.add(tokens, "list", "tokens without their secrets", listTokens);
    auto& revoke = tree.add(tokens, "revoke", "revoke an unused one", revokeToken);
    revoke.add_option("ID", options.id, "token id, as `join-token list` shows it")->required();
}

} // namespace perennial::cli
