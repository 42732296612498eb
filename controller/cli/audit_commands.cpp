#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"
#include "controller/cli/offline_audit.h"
#include "controller/cli/renewal_text.h"

namespace perennial::cli {

namespace {

constexpr std::int64_t pageLimit = 1000; // events a controller gives at once
constexpr const char* waitSeconds = "20";

// Writes events as they come, a page at a time.
class Tail {
public:
    Tail(const Context& context, ApiClient& client) : context_(context), client_(client) {}

    // The newest `count` events that there are; false in `reading_` when nobody reads any more.
    Status showLast(std::int64_t count);
    Status follow();

private:
    Result<Json> page(ApiClient::Query query, std::int64_t limit);
    void show(const Json& page);

    const Context& context_;
    ApiClient& client_;
    std::string cursor_;
    bool reading_ = true;
};

Result<Json> Tail::page(ApiClient::Query query, std::int64_t limit)
{
    query["limit"] = std::to_string(limit);
    auto answer = client_.get("/v1/audit/events", query);
    if (!answer) return answer;
    cursor_ = textOf(*answer, "next_cursor");
    if (cursor_.empty())
        return Error{ErrorKind::Internal, "the controller answered without next_cursor"};
    return answer;
}

void Tail::show(const Json& page)
{
    for (const auto& event : itemsOf(page))
        reading_ = reading_ &&
                   context_.print(context_.options().json ? lineText(event)
                                                          : eventLine(event, context_.terminal()));
}

Status Tail::showLast(std::int64_t count)
{
    const auto head = page({{"start", "latest"}}, 1);
    if (!head) return head.error();
    const auto end = numberOf(*head, "head_seq");
    const auto oldest = numberOf(*head, "oldest_available_seq");
    const auto first = std::max(std::max<std::int64_t>(oldest, 0), end - count);
    const bool wholePage = context_.options().json && !context_.options().follow;
    Json all;
    all["items"] = Json(Json::Array{});
    ApiClient::Query query{{"start", std::to_string(first)}};
    for (auto left = end - first; left > 0 && reading_;) {
        auto answer = page(query, std::min(left, pageLimit));
        if (!answer) return answer.error();
        query = {{"cursor", cursor_}};
        const auto& items = itemsOf(*answer);
        if (items.empty()) break;
        left -= static_cast<std::int64_t>(items.size());
        if (!wholePage) show(*answer);
        auto events = all["items"];
        if (wholePage) {
            for (const auto& item : items)
                events.push(item);
            all = *std::move(answer); // checkpoint, cursor and sizes are those of the last page
        }
        all["items"] = std::move(events);
    }
    if (wholePage) context_.printJson(end == first ? *head : all);
    return {};
}

Status Tail::follow()
{
    while (reading_) {
        const auto answer = page({{"cursor", cursor_}, {"wait", waitSeconds}}, pageLimit);
        if (!answer) return answer.error();
        show(*answer);
    }
    return {};
}

Status tail(const Context& context)
{
    if (context.options().count < 0 || context.options().count > 100'000)
        return Error{ErrorKind::InvalidInput, "-n: between 0 and 100000 events"};
    auto client = context.controller();
    if (!client) return client.error();
    Tail tail(context, *client);
    if (auto shown = tail.showLast(context.options().count); !shown) return shown;
    return context.options().follow ? tail.follow() : Status();
}

void addLogOption(CLI::App& command, Options& options)
{
    command.add_option("--log", options.logFolder, "the log's folder, or a copy of it")
        ->required()
        ->type_name(folderType);
}

} // namespace

void addAuditCommands(CommandTree& tree)
{
    auto& options = tree.options();
    auto& audit = tree.add("audit", "the audit log");
    auto& tailing = tree.add(audit, "tail", "the newest events", tail);
    tailing.add_option("-n", options.count, "so many")->capture_default_str();
    tailing.add_flag("--follow,-f", options.follow, "go on with what comes; JSON is one a line");

    auto& verify = tree.add(
        audit, "verify", "check a log on this machine; exit status 1 when it is bad", verifyAudit);
    addLogOption(verify, options);
    verify.add_option("--vkey", options.verifierFile, "the log's public key, kept elsewhere")
        ->required()
        ->type_name(fileType);
    verify.add_option("--since", options.sinceFile, "a checkpoint kept from earlier")
        ->type_name(fileType);

    auto& prove = tree.add(audit, "prove", "prove that one event is in a log", proveEvent);
    prove.add_option("ID", options.id, "the event's id, or its seq")->required();
    addLogOption(prove, options);

    auto& consistency = tree.add(audit, "consistency",
        "prove that a log only grew since a checkpoint kept from earlier", proveGrowth);
    addLogOption(consistency, options);
    consistency.add_option("--since", options.sinceFile, "the checkpoint kept from earlier")
        ->required()
        ->type_name(fileType);
    for (auto* command : {&prove, &consistency})
        command
            ->add_option("--vkey", options.verifierFile,
                "the log's public key; that in its folder when left out")
            ->type_name(fileType);
}

} // namespace perennial::cli
