#include "shared/policy/policy_documents.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto parsed = policy::parseDocuments({{"fuzz.yaml", text}});
    // All or nothing.
    if (!parsed.problems.empty() && (!parsed.set.policies.empty() || !parsed.set.services.empty()))
        std::abort();
    (void)policy::toText(parsed.problems);
    model::Slot slot;
    slot.certificate.names = {"dns:" + text.substr(0, 200)};
    slot.certificate.issuer = text.substr(0, 200);
    const policy::HostFacts host{model::AgentId("agent-1"), "host", {{"role", "web"}}};
    (void)policy::findPolicyFor(parsed.set, host, slot);
    (void)policy::explainMatch(parsed.set, host, slot);
    return 0;
}
