#pragma once

#include "controller/enrollment/templates/certificate_template.h"

#include <string>
#include <vector>

namespace perennial::enrollment::server {

// Something worth saying about a template file.
struct TemplateFinding {
    enum class Weight {
        Wrong,    // cannot be read, or contradicts itself
        Refused,  // a deadly risk that the file does not accept by name
        Accepted, // a deadly risk that it does
        Noted,    // a risk that is not deadly
    };
    Weight weight;
    std::string file;
    int line; // 0: the file as a whole
    std::string key;
    std::string risk; // "ESC1"; empty when it is none
    std::string what;
};
std::string toText(const TemplateFinding& finding); // "Web.yaml:12: rights: ... (ESC1)"
bool isRefusal(const TemplateFinding& finding);     // Wrong or Refused

struct TemplateFile {
    CertificateTemplate certificateTemplate;
    std::vector<TemplateFinding> findings; // none of them Wrong
};
// InvalidInput "file:line: key: what" for a file that is wrong; risks are findings.
Result<TemplateFile> readTemplateFile(const std::string& text, const std::string& fileName);

// As above; the first deadly risk that is not accepted is an error too.
Result<CertificateTemplate> readTemplate(const std::string& text, const std::string& fileName);

struct TemplateFolder {
    Templates templates; // of the files that can be read
    std::vector<TemplateFinding> findings;
    bool isGood() const; // nothing is refused
};
// Every *.yaml of the folder, and what is wrong with any. An error only when it cannot be listed.
Result<TemplateFolder> checkTemplates(const std::string& folder);

// One bad file refuses them all: a server that issues less than its files say would be a surprise.
// The error has a line for every refusal.
Result<TemplateFolder> readTemplateFolder(const std::string& folder);
Result<Templates> readTemplates(const std::string& folder);

} // namespace perennial::enrollment::server
