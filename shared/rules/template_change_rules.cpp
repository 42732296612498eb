#include "shared/rules/template_change_rules.h"

#include "shared/rules/renewal_rules.h"

namespace perennial::rules {

namespace {

std::string versionText(const x509::TemplateInformation& information)
{
    return std::to_string(information.majorVersion) + "." +
           std::to_string(information.minorVersion);
}

} // namespace

std::optional<TemplateChange> findTemplateChange(
    const x509::Certificate& old, const x509::Certificate& issued)
{
    const auto before = old.templateInformation();
    const auto now = issued.templateInformation();
    if (!before || !now || *before == *now) return std::nullopt;
    return TemplateChange{versionText(*before), versionText(*now)};
}

std::optional<TimePoint> heldForTemplateUntil(const x509::Certificate& old,
    const x509::Certificate& issued, model::OnTemplateChange wanted, TimePoint now)
{
    if (wanted != model::OnTemplateChange::Pause) return std::nullopt;
    const auto end = endOfCaution(old.notBefore(), old.notAfter());
    if (now >= end || !findTemplateChange(old, issued)) return std::nullopt;
    return end;
}

} // namespace perennial::rules
