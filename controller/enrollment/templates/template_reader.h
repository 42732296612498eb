#pragma once

#include "controller/enrollment/templates/certificate_template.h"

#include <string>

namespace perennial::enrollment::server {

// Every *.yaml of the folder. One bad file refuses them all: a server that issues less than its
// files say would be a surprise.
Result<Templates> readTemplates(const std::string& folder);
Result<CertificateTemplate> readTemplate(const std::string& text, const std::string& fileName);

} // namespace perennial::enrollment::server
