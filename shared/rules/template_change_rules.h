#pragma once

#include "shared/model/policy.h"
#include "shared/x509/certificate.h"

#include <optional>
#include <string>

namespace perennial::rules {

// Somebody changed the template after `old` was issued: MS-CRTD's major and minor revision, as the
// certificates say them (1.3.6.1.4.1.311.21.7). Certificates of schema 1 say none.
struct TemplateChange {
    std::string oldVersion, newVersion; // "100.4"
};
std::optional<TemplateChange> findTemplateChange(
    const x509::Certificate& old, const x509::Certificate& issued);

// Until when an issued certificate waits for somebody to accept the change: the last tenth of the
// old one's life. Nothing: it does not wait.
std::optional<TimePoint> heldForTemplateUntil(const x509::Certificate& old,
    const x509::Certificate& issued, model::OnTemplateChange wanted, TimePoint now);

} // namespace perennial::rules
