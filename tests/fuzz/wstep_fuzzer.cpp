#include "shared/enrollment/soap/envelope.h"
#include "shared/enrollment/soap/xml_reader.h"
#include "shared/enrollment/soap/xml_writer.h"
#include "shared/enrollment/wstep/token_request.h"
#include "shared/enrollment/wstep/token_response.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial::enrollment;

namespace {

constexpr soap::XmlLimits widened{
    .bytes = 64U << 20U, .depth = 70, .nodes = 20'000, .attributes = 64};

soap::Element rewritten(const soap::Element& element)
{
    auto again = soap::readXml(soap::writeXml(element), widened);
    if (!again) std::abort();
    return *std::move(again);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto envelope = soap::readEnvelope({reinterpret_cast<const char*>(data), size});
    if (!envelope) return 0;
    if (const auto request = wstep::readTokenRequest(envelope->body, envelope->action)) {
        const auto again =
            wstep::readTokenRequest(rewritten(toElement(*request)), actionOf(*request));
        if (!again || again->what.index() != request->what.index()) std::abort();
    }
    if (const auto response = wstep::readTokenResponse(envelope->body)) {
        const auto again = wstep::readTokenResponse(rewritten(wstep::toElement(*response)));
        if (!again || again->index() != response->index()) std::abort();
    }
    return 0;
}
