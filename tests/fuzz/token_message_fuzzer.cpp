#include "shared/model/token_message.h"

#include <cstdint>
#include <cstdlib>

using namespace perennial;

// What the keeper of a token reads, and what its callers read of it: a foreign module runs there.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto request = model::tokenRequestFromJson(text)) {
        if (!model::tokenRequestFromJson(model::toJsonText(*request))) std::abort();
    }
    const auto answer = model::tokenAnswerFromJson(text);
    if (answer) {
        const auto again = model::tokenAnswerFromJson(model::toJsonText(answer));
        if (!again || !(*again == *answer)) std::abort();
    }
    if (const auto wanted = model::decodeSignatureWanted(text)) {
        if (model::encodeSignatureWanted(*wanted) != text) std::abort();
    }
    if (const auto signature = model::decodeSignature(text)) {
        if (model::encodeSignature(signature) != text) std::abort();
    }
    (void)x509::keyElsewhere(text, [](const x509::DigestToSign&) {
        return Result<Bytes>(Error{ErrorKind::Internal, ""});
    });
    return 0;
}
