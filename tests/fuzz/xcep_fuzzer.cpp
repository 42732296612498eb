#include "shared/enrollment/soap/envelope.h"
#include "shared/enrollment/soap/xml_reader.h"
#include "shared/enrollment/soap/xml_writer.h"
#include "shared/enrollment/xcep/get_policies.h"
#include "shared/enrollment/xcep/policy_answer.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial::enrollment;

namespace {

constexpr soap::XmlLimits widened{
    .bytes = 64U << 20U, .depth = 70, .nodes = 1'000'000, .attributes = 64};

// What was read once is written in one form only.
template <class Message>
void checkStable(const Message& message, perennial::Result<Message> (*read)(const soap::Element&))
{
    const std::string once = soap::writeXml(toElement(message));
    const auto element = soap::readXml(once, widened);
    if (!element) std::abort();
    const auto again = read(*element);
    if (!again || soap::writeXml(toElement(*again)) != once) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto envelope = soap::readEnvelope({reinterpret_cast<const char*>(data), size});
    if (!envelope) return 0;
    if (const auto question = xcep::readGetPolicies(envelope->body)) {
        checkStable<xcep::GetPolicies>(*question, xcep::readGetPolicies);
    }
    if (const auto answer = xcep::readPolicyAnswer(envelope->body)) {
        for (const auto& policy : answer->policies) {
            for (const std::size_t place : policy.authorities) {
                if (place >= answer->authorities.size()) std::abort();
            }
        }
        checkStable<xcep::PolicyAnswer>(*answer, xcep::readPolicyAnswer);
    }
    return 0;
}
