// CMS messages from foreign hands: renewals at the server, CMC responses at the client.
#include "shared/x509/cms.h"

#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(bytes), size);
    const auto read = x509::readCms(input);
    const auto verified = x509::verifyCms(input);
    // Whatever verifies can be read, and is the same.
    if (verified && (!read || read->content != verified->content)) std::abort();
    if (read && !x509::looksLikeSignedData(input)) std::abort();
    // A message says the same to a reader who knows its certificates already.
    if (read) {
        const auto quick = x509::CmsMessage::fromDer(input, read->certificates);
        if (!quick || quick->content().content != read->content ||
            quick->content().certificates != read->certificates ||
            quick->verifySigner().ok() != verified.ok())
            std::abort();
    }
    return 0;
}
