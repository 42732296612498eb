#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"
#include "controller/cli/policy_files.h"
#include "shared/base/encoding.h"
#include "shared/policy/policy_documents.h"

namespace perennial::cli {

namespace {

void printPolicies(const Context& context, const Json& answer)
{
    Table head;
    if (answer.find("commit") != nullptr) {
        head.add({"commit", textOf(answer, "commit")});
        head.add({"version", textOf(answer, "version")});
        head.add({"applied", timeOf(answer, "applied_at") + " UTC"});
        head.add({"expires", timeOf(answer, "expires") + " UTC"});
        head.add({"documents", std::to_string(itemsOf(answer, "documents").size())});
    } else {
        head.add({"commit", {"none applied yet", Style::Bad}});
    }
    context.print(head);
    Table table({"POLICY", ">CERTIFICATES"});
    for (const auto& policy : itemsOf(answer, "policies"))
        table.add({textOf(policy, "name"), textOf(policy, "matches")});
    if (!table.empty()) {
        context.print("\n");
        context.print(table);
    }
    if (answer.find("rejected") == nullptr) return;
    const auto bad = [&](const std::string& text) {
        context.print(coloured(text, Style::Bad, context.terminal()) + "\n");
    };
    context.print("\n");
    bad("refused: commit " + textOf(answer, "rejected.commit") + " at " +
        timeOf(answer, "rejected.at") + " UTC");
    bad(textOf(answer, "rejected.problem"));
}

Status showAnswer(const Context& context, const Result<Json>& answer)
{
    if (!answer) return answer.error();
    if (context.options().json)
        context.printJson(*answer);
    else
        printPolicies(context, *answer);
    return {};
}

Status showPolicies(const Context& context)
{
    auto client = context.controller();
    if (!client) return client.error();
    return showAnswer(context, client->get("/v1/policies"));
}

Status refreshPolicies(const Context& context)
{
    auto client = context.controller();
    if (!client) return client.error();
    const auto answer = client->post("/v1/policies/refresh", Json(Json::Object{}));
    if (auto shown = showAnswer(context, answer); !shown) return shown;
    if (answer->find("rejected") == nullptr) return {};
    return Error{ErrorKind::Conflict,
        "the newest commit was refused; what was applied before stays in force"};
}

Json problemJson(const policy::Problem& problem)
{
    Json json;
    json["file"] = problem.file;
    json["line"] = problem.line;
    json["what"] = problem.what;
    return json;
}

Status checkPolicies(const Context& context)
{
    const auto found = collectPolicyFiles(context.files(), context.options().paths);
    if (!found) return found.error();
    auto parsed = policy::parseDocuments(found->documents);
    for (auto& problem : parsed.problems) {
        const auto written = found->written.find(problem.file);
        if (written != found->written.end()) problem.file = toPrintable(written->second);
    }
    if (context.options().json) {
        Json json;
        json["files"] = found->documents.size();
        json["policies"] = parsed.set.policies.size();
        json["services"] = parsed.set.services.size();
        json["problems"] = Json(Json::Array{});
        for (const auto& problem : parsed.problems)
            json["problems"].push(problemJson(problem));
        context.printJson(json);
    } else if (parsed.problems.empty()) {
        context.print("ok: " + std::to_string(parsed.set.policies.size()) + " policies and " +
                      std::to_string(parsed.set.services.size()) + " enrollment services in " +
                      std::to_string(found->documents.size()) + " files\n");
    } else {
        context.print(policy::toText(parsed.problems));
    }
    if (parsed.problems.empty()) return {};
    return Error{
        ErrorKind::InvalidInput, std::to_string(parsed.problems.size()) +
                                     (parsed.problems.size() == 1 ? " problem" : " problems") +
                                     ": a controller would refuse the whole set"};
}

} // namespace

void addPolicyCommands(CommandTree& tree)
{
    auto& policies = tree.add("policies", "what is applied, and what was refused", showPolicies);
    tree.add(policies, "show", "what is applied, and what was refused", showPolicies);
    auto& check = tree.add(policies, "check",
        "check documents on this machine, as a controller would; exit status 2 when one is wrong",
        checkPolicies);
    check.add_option("PATH", tree.options().paths, "a folder or *.yaml files: together one set")
        ->required()
        ->type_name(fileType);
    tree.add(policies, "refresh", "have the controller fetch now", refreshPolicies);
}

} // namespace perennial::cli
