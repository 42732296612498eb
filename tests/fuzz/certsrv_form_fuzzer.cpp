#include "controller/enrollment/rules/request_rules.h"
#include "controller/enrollment/web/parameters.h"
#include "controller/enrollment/web/submission.h"
#include "shared/enrollment/request/certificate_request.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <strings.h>

using namespace perennial::enrollment;
using namespace perennial::enrollment::server::web;

namespace {

bool isSameWord(const std::string& one, const char* other)
{
    return one.size() == std::char_traits<char>::length(other) &&
           ::strncasecmp(one.c_str(), other, one.size()) == 0;
}

// What would widen a certificate is refused wherever in the field it stands; without it, the
// template that is named is the one that is taken.
void checkAttributes(const std::vector<wstep::ContextItem>& attributes)
{
    const auto refused = server::refuseAttributes(attributes);
    bool onlyTemplates = true;
    for (const auto& item : attributes) {
        for (const char* word : {"san", "cdc", "rmd", "requestername", "certfile"})
            if (isSameWord(item.name, word) && !refused) std::abort();
        if (isSameWord(item.name, "ccm")) continue;
        onlyTemplates = onlyTemplates && isSameWord(item.name, "certificatetemplate");
    }
    if (onlyTemplates == refused.has_value()) std::abort();
}

// CertAttrib, read another way: a line that begins with "san" and a colon.
bool hasNames(const std::string& field)
{
    static constexpr const char* between = "\r\n";
    for (auto at = field.find_first_not_of(between); at != std::string::npos;) {
        const auto end = std::min(field.find_first_of(between, at), field.size());
        std::string word;
        for (const char c : field.substr(at, end - at)) {
            if (c == ':') break;
            if (c != ' ' && c != '\t') word += c;
        }
        if (isSameWord(word, "san")) return true;
        at = field.find_first_not_of(between, end);
    }
    return false;
}

} // namespace

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
        if (item.name.empty() || item.value.find_first_of("\r\n") != std::string::npos)
            std::abort();
    }
    checkAttributes(submission->additionalContext);
    if (hasNames(form->value("certattrib")) &&
        !server::refuseAttributes(submission->additionalContext))
        std::abort();
    return 0;
}
