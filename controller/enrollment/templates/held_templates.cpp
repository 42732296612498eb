#include "controller/enrollment/templates/held_templates.h"

namespace perennial::enrollment::server {

namespace {

// Times count whole seconds: who asked earlier in this second may have seen the set before.
constexpr Duration nextSecond = Duration(1);

TemplateChanges compare(const Templates& before, const Templates& after)
{
    TemplateChanges changes;
    for (const auto& [name, t] : after) {
        const auto old = before.find(name);
        if (old == before.end())
            changes.added.push_back(name);
        else if (!(old->second == t))
            changes.changed.push_back(name);
    }
    for (const auto& [name, t] : before) {
        if (after.count(name) == 0) changes.removed.push_back(name);
    }
    return changes;
}

} // namespace

HeldTemplates::HeldTemplates(TemplateFolder folder, TimePoint now, Check check)
    : check_(check), current_(std::make_shared<TemplateSet>(TemplateSet{std::move(folder.templates),
                         std::move(folder.findings), now + nextSecond}))
{
}

std::shared_ptr<const TemplateSet> HeldTemplates::current() const
{
    const std::lock_guard lock(mutex_);
    return current_;
}

Result<TemplateChanges> HeldTemplates::reload(const std::string& folder, TimePoint now)
{
    auto read = readTemplateFolder(folder);
    if (!read) return read.error();
    if (check_ != nullptr) {
        if (auto usable = check_(*read); !usable) return usable.error();
    }
    const auto before = current();
    const auto changes = compare(before->templates, read->templates);
    if (changes.empty()) return changes;
    auto set = std::make_shared<TemplateSet>(
        TemplateSet{std::move(read->templates), std::move(read->findings), now + nextSecond});
    const std::lock_guard lock(mutex_);
    current_ = std::move(set);
    return changes;
}

} // namespace perennial::enrollment::server
