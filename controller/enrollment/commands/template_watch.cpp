#include "controller/enrollment/commands/template_watch.h"

#include "controller/enrollment/templates/template_risks.h"
#include "shared/base/encoding.h"

namespace perennial::enrollment::server {

namespace {

constexpr int adcsTemplateLoaded = 4898;
constexpr int adcsTemplateUpdated = 4899;
constexpr std::size_t problemLimit = 4096; // characters of a refusal that are kept

Json describe(const CertificateTemplate& t, int adcsEvent)
{
    Json details;
    details["template"] = t.name;
    details["oid"] = t.oid;
    details["version"] = std::to_string(t.majorVersion) + "." + std::to_string(t.minorVersion);
    details["adcs_event"] = adcsEvent;
    Json::Array risks;
    for (const auto& risk : risksOf(t))
        risks.emplace_back(risk.name);
    details["risks"] = std::move(risks);
    return details;
}

// Why a set was refused, for whoever does not read texts.
Json::Array refusedRisks(const std::string& folder)
{
    Json::Array risks;
    const auto checked = checkTemplates(folder);
    if (!checked) return risks;
    for (const auto& finding : checked->findings) {
        if (isRefusal(finding) && !finding.risk.empty()) risks.emplace_back(finding.risk);
    }
    return risks;
}

void warnOfRisks(const TemplateSet& set, const Log& log)
{
    for (const auto& finding : set.findings) {
        const bool accepted = finding.weight == TemplateFinding::Weight::Accepted;
        log.warning(toPrintable((accepted ? "accepted risk: " : "risk: ") + toText(finding), 1024));
    }
}

Status tellAll(EnrollmentStore& store, TimePoint now, const TemplateSet& set,
    const std::vector<std::string>& names, const std::string& kind, int adcsEvent)
{
    for (const auto& name : names) {
        const auto event = describe(set.templates.at(name), adcsEvent);
        if (auto stored = store.addEvent(kind, now, event); !stored) return stored;
    }
    return {};
}

} // namespace

Status tellLoaded(
    const HeldTemplates& templates, EnrollmentStore& store, TimePoint now, const Log& log)
{
    const auto set = templates.current();
    warnOfRisks(*set, log);
    std::vector<std::string> names;
    for (const auto& [name, t] : set->templates)
        names.push_back(name);
    return tellAll(store, now, *set, names, "template.loaded", adcsTemplateLoaded);
}

Status reloadTemplates(HeldTemplates& templates, const std::string& folder, EnrollmentStore& store,
    TimePoint now, const Log& log)
{
    const auto before = templates.current();
    const auto changes = templates.reload(folder, now);
    if (!changes) {
        const auto problem = toPrintable(changes.error().message, problemLimit);
        log.error("templates are refused, those from before stay in force: " + problem);
        Json details;
        details["problem"] = problem;
        details["risks"] = refusedRisks(folder);
        return store.addEvent("templates.refused", now, details);
    }
    if (changes->empty()) {
        log.info("templates: nothing has changed");
        return {};
    }
    const auto set = templates.current();
    warnOfRisks(*set, log);
    log.info("templates: " + std::to_string(changes->added.size()) + " added, " +
             std::to_string(changes->changed.size()) + " changed, " +
             std::to_string(changes->removed.size()) + " removed");
    auto told = tellAll(store, now, *set, changes->added, "template.loaded", adcsTemplateLoaded);
    if (told)
        told = tellAll(store, now, *set, changes->changed, "template.updated", adcsTemplateUpdated);
    if (!told) return told;
    for (const auto& name : changes->removed) {
        Json details;
        details["template"] = name;
        details["oid"] = before->templates.at(name).oid;
        if (auto stored = store.addEvent("template.removed", now, details); !stored) return stored;
    }
    return {};
}

} // namespace perennial::enrollment::server
