#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"
#include "controller/cli/policy_manifest.h"
#include "shared/base/encoding.h"
#include "shared/policy/policy_documents.h"

namespace perennial::cli {

namespace {

// Whether agents can demand signatures, and until when what they get will do.
std::string signedText(const Json& answer)
{
    if (answer.find("signed") == nullptr) return "no: there is no .perennial/manifest.json";
    std::string by;
    for (const auto& key : itemsOf(*answer.find("signed"), "signed_by"))
        by +=
            (by.empty() ? "" : ", ") + (key.string() == nullptr ? "" : toPrintable(*key.string()));
    return textOf(answer, "signed.repository") + " version " + textOf(answer, "signed.version") +
           ", until " + timeOf(answer, "signed.expires") + " UTC, by " + by;
}

void printPolicies(const Context& context, const Json& answer)
{
    Table head;
    if (answer.find("commit") != nullptr) {
        head.add({"commit", textOf(answer, "commit")});
        head.add({"version", textOf(answer, "version")});
        head.add({"applied", timeOf(answer, "applied_at") + " UTC"});
        head.add({"expires", timeOf(answer, "expires") + " UTC"});
        head.add({"documents", std::to_string(itemsOf(answer, "documents").size())});
        head.add({"signed", signedText(answer)});
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

// What a controller would read of these folders and files; every problem in words of the user's.
struct Checked {
    PolicyFiles found;
    policy::Parsed parsed;
};
Result<Checked> parsePolicies(const Context& context)
{
    auto found = collectPolicyFiles(context.files(), context.options().paths);
    if (!found) return found.error();
    auto parsed = policy::parseDocuments(found->documents);
    for (auto& problem : parsed.problems) {
        const auto written = found->written.find(problem.file);
        if (written != found->written.end()) problem.file = toPrintable(written->second);
    }
    return Checked{*std::move(found), std::move(parsed)};
}

Error problemsIn(const policy::Parsed& parsed)
{
    return {ErrorKind::InvalidInput, std::to_string(parsed.problems.size()) +
                                         (parsed.problems.size() == 1 ? " problem" : " problems") +
                                         ": a controller would refuse the whole set"};
}

Json countsOf(const Checked& checked)
{
    Json json;
    json["files"] = checked.found.documents.size();
    json["policies"] = checked.parsed.set.policies.size();
    json["services"] = checked.parsed.set.services.size();
    json["trust_anchors"] = checked.parsed.set.anchors.size();
    json["problems"] = Json(Json::Array{});
    for (const auto& problem : checked.parsed.problems)
        json["problems"].push(problemJson(problem));
    return json;
}

std::string countsText(const Checked& checked)
{
    const auto& set = checked.parsed.set;
    const auto services = std::to_string(set.services.size()) + " enrollment services";
    const auto counts = set.anchors.empty() ? " policies and " + services
                                            : " policies, " + services + " and " +
                                                  std::to_string(set.anchors.size()) +
                                                  " documents of trust anchors";
    return "ok: " + std::to_string(set.policies.size()) + counts + " in " +
           std::to_string(checked.found.documents.size()) + " files\n";
}

// Of a folder that has a manifest: whether it fits, and who signed.
Result<Json> signaturesOf(const Context& context, const Checked& checked)
{
    const auto& paths = context.options().paths;
    if (paths.size() != 1) return Json();
    const auto facts = context.files().inspect(paths.front());
    if (!facts || facts->type != FileFacts::Type::Folder) return Json();
    const auto tree = readPolicyTree(context.files(), paths.front(), checked.found.documents);
    if (!tree) return tree.error();
    if (!tree->signedManifest) return Json();
    const auto signatures = checkSignatures(*tree, context.clock().now());
    if (!signatures) return signatures.error();
    const auto content = policy::signedContentFromText(tree->signedManifest->manifest);
    Json json;
    json["repository"] = content->repository;
    json["version"] = content->version;
    json["expires"] = toRfc3339(content->expires);
    json["signatures"] = Json(Json::Array{});
    for (const auto& one : *signatures)
        json["signatures"].push(Json(Json::Object{{"file", one.file}, {"key", one.key}}));
    return json;
}

void printSignatures(const Context& context, const Json& json)
{
    context.print("ok: manifest of " + textOf(json, "repository") + ", version " +
                  textOf(json, "version") + ", until " + timeOf(json, "expires") +
                  " UTC, signed by\n");
    for (const auto& one : itemsOf(json, "signatures"))
        context.print("  " + textOf(one, "key") + "  " + textOf(one, "file") + "\n");
}

Status checkPolicies(const Context& context)
{
    const auto checked = parsePolicies(context);
    if (!checked) return checked.error();
    const bool good = checked->parsed.problems.empty();
    const auto signatures = good ? signaturesOf(context, *checked) : Json();
    if (context.options().json) {
        auto json = countsOf(*checked);
        if (signatures && !signatures->isNull()) json["signed"] = *signatures;
        if (!signatures) json["unsigned_because"] = toPrintable(signatures.error().message);
        context.printJson(json);
    } else {
        context.print(good ? countsText(*checked) : policy::toText(checked->parsed.problems));
        if (signatures && !signatures->isNull()) printSignatures(context, *signatures);
    }
    if (!good) return problemsIn(checked->parsed);
    if (!signatures) return Error{ErrorKind::InvalidInput, signatures.error().message};
    return {};
}

struct ManifestWish {
    std::string life = "90d";
    std::string repository;
};

Status makeManifest(const Context& context, const ManifestWish& wish)
{
    const auto& options = context.options();
    const auto checked = parsePolicies(context);
    if (!checked) return checked.error();
    if (!checked->parsed.problems.empty()) {
        context.print(policy::toText(checked->parsed.problems));
        return problemsIn(checked->parsed);
    }
    const auto life = durationFromText(wish.life);
    if (!life) return life.error().in("--expires");
    const auto& folder = options.paths.front();
    const auto tree = readPolicyTree(context.files(), folder, checked->found.documents);
    if (!tree) return tree.error();
    const auto next = nextManifest(*tree, wish.repository, context.clock().now(), *life);
    if (!next) return next.error();
    if (auto written = writeManifest(folder, *next); !written) return written;
    const auto file = folder + "/" + std::string(policy::manifestPath);
    const auto command = "ssh-keygen -Y sign -n " + std::string(policy::signatureSpace) +
                         " -f KEY " + toPrintable(file);
    if (options.json) {
        Json json;
        json["file"] = toPrintable(file);
        json["repository"] = next->repository;
        json["version"] = next->version;
        json["expires"] = toRfc3339(next->expires);
        json["files"] = next->files.size();
        json["sign_with"] = command;
        context.printJson(json);
        return {};
    }
    context.print("wrote " + toPrintable(file) + ": " + next->repository + " version " +
                  std::to_string(next->version) + ", " + std::to_string(next->files.size()) +
                  " files, until " + toRfc3339(next->expires) +
                  "\nold signatures no longer fit and were removed. Each signer runs\n  " +
                  command + "\nand moves " + std::string(policy::manifestPath) + ".sig to " +
                  std::string(policy::signaturesFolder) +
                  "/NAME.sig; then commit everything together\n");
    return {};
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
    const auto wish = std::make_shared<ManifestWish>(); // the handler holds it
    auto& manifest = tree.add(policies, "manifest",
        "write .perennial/manifest.json of a policy repository, to be signed with ssh-keygen",
        [wish](const Context& context) { return makeManifest(context, *wish); });
    manifest.add_option("FOLDER", tree.options().paths, "the repository's work tree")
        ->required()
        ->expected(1)
        ->type_name(folderType);
    manifest
        .add_option(
            "--expires", wish->life, "how long it counts, as in 90d; sign again before that")
        ->type_name("DURATION");
    manifest
        .add_option("--repository", wish->repository,
            "the name of the set, for the first manifest; it never changes")
        ->type_name("NAME");
    tree.add(policies, "refresh", "have the controller fetch now", refreshPolicies);
}

} // namespace perennial::cli
