#pragma once

#include "controller/enrollment/templates/template_reader.h"

#include <memory>
#include <mutex>

namespace perennial::enrollment::server {

// Templates as they were read at one time.
struct TemplateSet {
    Templates templates;
    std::vector<TemplateFinding> findings; // accepted and noted risks
    TimePoint changedAt;                   // whoever asked for policies from then on has these
};

// Names of templates.
struct TemplateChanges {
    std::vector<std::string> added;
    std::vector<std::string> changed;
    std::vector<std::string> removed;
    bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
};

// The templates in force. Who works on a request keeps the set it began with.
class HeldTemplates {
public:
    // What the service cannot use of templates that are right in themselves, and what it has to say
    // of others, as findings.
    using Check = Status (*)(TemplateFolder&);
    HeldTemplates(TemplateFolder folder, TimePoint now, Check check = nullptr);

    std::shared_ptr<const TemplateSet> current() const;
    // All or nothing: when any file of the folder is refused, the old set stays in force.
    Result<TemplateChanges> reload(const std::string& folder, TimePoint now);

private:
    const Check check_;
    mutable std::mutex mutex_;
    std::shared_ptr<const TemplateSet> current_;
};

} // namespace perennial::enrollment::server
