#pragma once

#include "controller/enrollment/cep/policy_provider.h"
#include "shared/enrollment/soap/envelope.h"

#include <map>
#include <memory>
#include <mutex>

namespace perennial::enrollment::server {

// Answers to GetPolicies as they were written, for the next caller who is told the same: with a
// hundred templates writing one takes as long as a hundred handshakes. Used by many threads.
class PolicyTexts {
public:
    static constexpr std::size_t limit = 32; // answers; then all are forgotten

    // The SOAP message. `set` is the provider's template set: another one makes all answers stale.
    Result<std::string> answer(const PolicyProvider& provider,
        const std::shared_ptr<const TemplateSet>& set, const PolicyListing& listing,
        const std::string& messageId);

private:
    using Text = std::shared_ptr<const soap::PreparedResponse>;
    Text find(const std::shared_ptr<const TemplateSet>& set, const std::string& key);

    std::mutex mutex_;
    std::shared_ptr<const TemplateSet> set_; // whose templates the answers tell of
    std::map<std::string, Text> texts_;
};

} // namespace perennial::enrollment::server
