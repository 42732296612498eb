#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"
#include "controller/enrollment/templates/template_reader.h"
#include "shared/base/encoding.h"

namespace perennial::cli {

namespace {

namespace server = enrollment::server;
using server::TemplateFinding;
using Weight = TemplateFinding::Weight;

constexpr const char* defaultFolder = "/etc/perennial/templates";

std::string risksText(const Json& item)
{
    std::string text;
    for (const auto& risk : itemsOf(item, "risks")) {
        if (!text.empty()) text += ", ";
        text += textOf(risk, "name") + (isTrue(risk, "accepted") ? " accepted" : "");
    }
    return text;
}

Status listTemplates(const Context& context)
{
    auto client = context.enrollment();
    if (!client) return client.error();
    const auto templates = client->getAll("/v1/templates", {});
    if (!templates) return templates.error();
    if (context.options().json) {
        context.printJson(*templates);
        return {};
    }
    Table table({"TEMPLATE", "=VERSION", ">SCHEMA", ">VALIDITY", ">RENEWAL", "=BY KEY", "=APPROVAL",
        "RISKS", "OID"});
    for (const auto& item : itemsOf(*templates))
        table.add({textOf(item, "name"), textOf(item, "version"), textOf(item, "schema"),
            textOf(item, "validity"), textOf(item, "renewal"),
            isTrue(item, "key_based_renewal") ? "yes" : "no",
            isTrue(item, "manager_approval") ? "yes" : "no", {risksText(item), Style::Warning},
            textOf(item, "oid")});
    context.printList(table, "no templates");
    return {};
}

const char* nameOf(Weight weight)
{
    switch (weight) {
    case Weight::Wrong: return "wrong";
    case Weight::Refused: return "refused";
    case Weight::Accepted: return "accepted";
    case Weight::Noted: return "noted";
    }
    return "";
}

Json toJson(const TemplateFinding& finding)
{
    Json json;
    json["weight"] = nameOf(finding.weight);
    json["file"] = toPrintable(finding.file);
    json["line"] = finding.line;
    json["key"] = finding.key;
    json["risk"] = finding.risk;
    json["what"] = toPrintable(finding.what);
    return json;
}

void printFindings(const Context& context, const server::TemplateFolder& checked)
{
    for (const auto& finding : checked.findings) {
        const auto style = server::isRefusal(finding) ? Style::Bad : Style::Warning;
        context.print(coloured(nameOf(finding.weight), style, context.terminal()) + ": " +
                      toPrintable(server::toText(finding)) + "\n");
    }
    if (checked.isGood())
        context.print("ok: " + std::to_string(checked.templates.size()) +
                      (checked.templates.size() == 1 ? " template\n" : " templates\n"));
}

Status checkTemplateFolder(const Context& context)
{
    const auto& paths = context.options().paths;
    const auto checked = server::checkTemplates(paths.empty() ? defaultFolder : paths.front());
    if (!checked) return checked.error();
    if (context.options().json) {
        Json json;
        json["templates"] = checked->templates.size();
        json["findings"] = Json(Json::Array{});
        for (const auto& finding : checked->findings)
            json["findings"].push(toJson(finding));
        json["ok"] = checked->isGood();
        context.printJson(json);
    } else {
        printFindings(context, *checked);
    }
    if (checked->isGood()) return {};
    return Error{ErrorKind::InvalidInput, "perennial-enrollment would refuse the whole folder"};
}

} // namespace

void addTemplateCommands(CommandTree& tree, CLI::App& enrollment)
{
    auto& templates =
        tree.add(enrollment, "templates", "templates that the service holds", listTemplates);
    auto& check = tree.add(templates, "check",
        "check a folder of templates on this machine, and name what is risky (ESC1 to ESC17); exit "
        "status 2 when the service would refuse it",
        checkTemplateFolder);
    check.add_option("FOLDER", tree.options().paths, std::string("else ") + defaultFolder)
        ->expected(0, 1)
        ->type_name(folderType);
}

} // namespace perennial::cli
