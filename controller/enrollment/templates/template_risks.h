#pragma once

#include "controller/enrollment/templates/certificate_template.h"

#include <string>
#include <vector>

namespace perennial::enrollment::server {

// A way to misuse certificates that a template opens, by the names under which attacks on AD CS are
// known (ESC1 to ESC17). docs/enrollment_server.md says which cannot come from a template here.
struct TemplateRisk {
    std::string name;    // "ESC1"
    bool deadly = false; // refused unless the file accepts it by name
    std::string key;     // of the template file: where it comes from
    std::string what;    // and what would mend it
};

// The risks of a template, accepted ones too; in the order of their numbers.
std::vector<TemplateRisk> risksOf(const CertificateTemplate& certificateTemplate);

// "ESC1" to "ESC17".
bool isRiskName(const std::string& text);

} // namespace perennial::enrollment::server
