#include "controller/inventory/template_risks.h"

#include "controller/audit/audit_outbox.h"
#include "controller/storage/authority_store.h"
#include "shared/base/encoding.h"
#include "shared/base/random.h"

#include <algorithm>

namespace perennial::controller {

namespace {

constexpr std::size_t riskLimit = 20; // there are seventeen

std::string textOf(const Json& details, const char* member)
{
    const auto* found = details.find(member);
    return found == nullptr || found->string() == nullptr ? "" : toPrintable(*found->string());
}

bool isRiskName(const std::string& text)
{
    return text.size() > 3 && text.size() <= 5 && text.rfind("ESC", 0) == 0 &&
           std::all_of(text.begin() + 3, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> risksIn(const Json& details)
{
    std::vector<std::string> risks;
    const auto* found = details.find("risks");
    if (found == nullptr || found->array() == nullptr) return risks;
    for (const auto& risk : *found->array()) {
        if (risks.size() < riskLimit && risk.string() != nullptr && isRiskName(*risk.string()))
            risks.push_back(*risk.string());
    }
    return risks;
}

model::AuditEvent flagOf(const std::string& risk, const std::string& name, PreciseTime now)
{
    model::AuditEvent event;
    event.id = uuidV7(now);
    event.kind = "esc.flag";
    event.time = now;
    event.actor = {"controller", "", "", ""};
    event.outcome = model::Outcome::Failure;
    event.details = {{"flag", risk}, {"template", name}};
    return event;
}

} // namespace

Result<int> takeTemplateRisks(
    sql::Session& session, const std::string& kind, const Json& details, PreciseTime now)
{
    const bool isRefused = kind == "templates.refused";
    const bool isHeld = kind == "template.loaded" || kind == "template.updated";
    if (!isRefused && !isHeld && kind != "template.removed") return 0;
    const auto name = textOf(details, "template");
    auto risks = risksIn(details);
    if (!isRefused) {
        auto news = authority::noteTemplateRisks(session, name, risks);
        if (!news) return news.error();
        risks = *std::move(news);
    }
    for (const auto& risk : risks) {
        auto event = flagOf(risk, name, now);
        event.reason =
            isRefused ? "the enrolment service refused its templates: " + textOf(details, "problem")
                      : "a template of the enrolment service is open to it: " +
                            std::string("perennial-enrollment templates check says why");
        if (auto told = AuditOutbox::add(session, event); !told) return told.error();
    }
    return static_cast<int>(risks.size());
}

} // namespace perennial::controller
