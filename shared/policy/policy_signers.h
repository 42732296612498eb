#pragma once

#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/x509/ssh_signature.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::policy {

inline constexpr std::string_view signatureSpace = "perennial-policies";

// Who may sign policy documents.
struct PolicySigner {
    std::string name; // principals, as the file has them
    x509::SshPublicKey key;
    std::optional<TimePoint> validAfter;
    std::optional<TimePoint> validBefore;
    bool isValidAt(TimePoint now) const
    {
        return !(validAfter && now < *validAfter) && !(validBefore && now >= *validBefore);
    }
};

// Lines of ssh-keygen's allowed_signers form: principals, options, type, key, comment. Of the
// options only namespaces, valid-after and valid-before (UTC) are known, and every other one is
// refused: a line that means less than it says must not count. The namespaces must have
// perennial-policies. InvalidInput names the file and the line; no key may be there twice.
Result<std::vector<PolicySigner>> policySignersFromText(
    const std::string& text, const std::string& file);

} // namespace perennial::policy
