#include "controller/enrollment/cep/policy_texts.h"

#include "shared/enrollment/soap/namespaces.h"

namespace perennial::enrollment::server {

namespace {

// Everything that an answer depends on besides the set and the configuration. Names of templates
// have no line feeds.
std::string keyOf(const PolicyProvider& provider, const PolicyListing& listing)
{
    std::string key = provider.settings.path + (listing.notChanged ? "\n-" : "\n+");
    for (const auto& [listed, permissions] : listing.entries) {
        key += '\n';
        key += permissions.autoEnroll ? '2' : '1';
        key += listed->name;
    }
    return key;
}

} // namespace

PolicyTexts::Text PolicyTexts::find(
    const std::shared_ptr<const TemplateSet>& set, const std::string& key)
{
    const std::lock_guard lock(mutex_);
    if (set != set_ || texts_.size() >= limit) texts_.clear();
    set_ = set;
    const auto found = texts_.find(key);
    return found == texts_.end() ? nullptr : found->second;
}

Result<std::string> PolicyTexts::answer(const PolicyProvider& provider,
    const std::shared_ptr<const TemplateSet>& set, const PolicyListing& listing,
    const std::string& messageId)
{
    const auto key = keyOf(provider, listing);
    auto text = find(set, key);
    if (!text) {
        const auto written = answerOf(provider, listing);
        if (!written) return written.error();
        text = std::make_shared<const soap::PreparedResponse>(
            soap::action::getPoliciesResponse, xcep::toElement(*written));
        const std::lock_guard lock(mutex_);
        if (set == set_) texts_[key] = text; // nobody has read other templates meanwhile
    }
    return text->to(messageId);
}

} // namespace perennial::enrollment::server
