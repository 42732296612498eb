#include "controller/enrollment/web/parameters.h"
#include "controller/enrollment/web/submission.h"
#include "shared/enrollment/request/certificate_request.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial::enrollment::server::web;

// The first line is the Content-Type, the rest the body. What is taken keeps within its limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto end = input.find('\n');
    if (end == std::string_view::npos) return 0;
    const auto form = readForm(input.substr(0, end), input.substr(end + 1));
    if (!form) return 0;
    for (const char* name : {"certrequest", "certfile", "certattrib"}) {
        if (form->value(name).size() > input.size()) std::abort();
    }
    const auto submission = readSubmission(*form);
    if (!submission) return 0;
    if (submission->request.empty() ||
        submission->request.size() > perennial::enrollment::request::sizeLimit ||
        submission->additionalContext.size() > 34)
        std::abort();
    for (const auto& item : submission->additionalContext) {
        if (item.name.empty() || item.value.find_first_of("\r\n") != std::string::npos) std::abort();
    }
    return 0;
}
