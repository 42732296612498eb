#include "shared/model/helper_message.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial;
using model::HelperVerb;

// The first byte chooses who reads the rest: each verb's answer, or the helper.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    if (data[0] % 6 == 5) {
        auto request = model::helperRequestFromJson(bytes);
        if (!request) return 0;
        const auto written = model::toJson(std::move(*request));
        auto again = model::helperRequestFromJson(written.reveal());
        if (!again || model::toJson(std::move(*again)).reveal() != written.reveal()) std::abort();
        return 0;
    }
    const auto verb = static_cast<HelperVerb>(data[0] % 6);
    auto answer = model::helperAnswerFromJson(verb, bytes);
    if (!answer) return 0;
    // No answer says both, and only what is found has a pair.
    if (answer->refused && (answer->found || !answer->chainPem.empty())) std::abort();
    if (answer->found == answer->keyPem.empty() && !answer->refused) std::abort();
    const auto written = model::toJson(verb, std::move(*answer));
    auto again = model::helperAnswerFromJson(verb, written.reveal());
    if (!again || model::toJson(verb, std::move(*again)).reveal() != written.reveal()) std::abort();
    return 0;
}
