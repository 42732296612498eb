#include "controller/enrollment/web/submission.h"

#include "shared/enrollment/request/certificate_request.h"
#include "shared/x509/pem.h"

#include <algorithm>
#include <array>

namespace perennial::enrollment::server::web {

namespace {

Error wrong(const std::string& what) { return Error{ErrorKind::InvalidInput, what}; }

Result<Bytes> readPem(std::string_view text)
{
    static constexpr std::array labels = {
        "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", "PKCS7", "CMS"};
    std::optional<Bytes> found;
    for (const char* label : labels) {
        const auto blocks = x509::pemBlocks(text, label, 2);
        if (!blocks) return blocks.error();
        if (blocks->empty()) continue;
        if (found || blocks->size() > 1) return wrong("there is more than one request");
        found = blocks->front();
    }
    if (!found)
        return wrong("there is no block CERTIFICATE REQUEST (PKCS#10) or PKCS7 (renewal) in it");
    return *found;
}

Result<Bytes> readText(std::string_view text)
{
    if (!x509::privateKeyBlock(text).empty())
        return wrong("it holds a private key. The key was neither read nor kept, but it has left "
                     "its machine: do not use it any more. Send the request alone");
    if (text.find("-----BEGIN ") != std::string_view::npos) return readPem(text);
    auto bytes = fromBase64(text);
    if (!bytes) return wrong("the request is neither PEM nor base64 (is every + sent as %2B?)");
    return bytes;
}

bool looksLikeDer(std::string_view bytes) // a SEQUENCE; base64 has no such first byte ('0' is one)
{
    return bytes.size() > 2 && bytes[0] == '\x30' && static_cast<unsigned char>(bytes[1]) >= 0x80;
}

Result<Bytes> readRequest(const Parameters& form)
{
    const auto& pasted = form.value("certrequest");
    const auto& file = form.value("certfile");
    const auto isBlank = [](const Bytes& text) {
        return text.find_first_not_of(" \t\r\n") == Bytes::npos;
    };
    if (!isBlank(pasted) && !isBlank(file))
        return wrong("give a pasted request or a file, not both");
    const auto& given = isBlank(pasted) ? file : pasted;
    if (isBlank(given)) return wrong("there is no request in it");
    auto bytes = looksLikeDer(given) ? Result<Bytes>(given) : readText(given);
    if (!bytes) return bytes.error();
    if (bytes->empty()) return wrong("there is no request in it");
    if (bytes->size() > request::sizeLimit) return wrong("the request is over 256 KiB");
    return bytes;
}

// As in CMC: who reads the attributes elsewhere may read lines.
bool isOneLine(std::string_view text)
{
    return std::none_of(text.begin(), text.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == '\x7F'; });
}

Result<std::vector<wstep::ContextItem>> readAttributes(std::string_view text)
{
    std::vector<wstep::ContextItem> items;
    while (!text.empty()) {
        const auto end = text.find_first_of("\r\n");
        const auto line = trimmed(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (line.empty()) continue;
        const auto colon = line.find(':');
        const auto name = trimmed(line.substr(0, colon));
        if (colon == std::string_view::npos || name.empty())
            return wrong("a request attribute is written name:value, one a line");
        if (items.size() >= 32) return wrong("over 32 request attributes");
        items.push_back({std::string(name), std::string(trimmed(line.substr(colon + 1)))});
    }
    return items;
}

// "E;WebServer;1.3.6.1...": the second field. Empty: as the request itself says.
std::string_view chosenTemplate(std::string_view option)
{
    const auto first = option.find(';');
    if (first == std::string_view::npos) return {};
    option.remove_prefix(first + 1);
    return option.substr(0, option.find(';'));
}

} // namespace

Result<wstep::Issue> readSubmission(const Parameters& form)
{
    auto request = readRequest(form);
    if (!request) return request.error();
    auto attributes = readAttributes(form.value("certattrib"));
    if (!attributes) return attributes.error();
    for (const auto name : {trimmed(form.value("certificatetemplate")),
             chosenTemplate(form.value("lbcerttemplate"))}) {
        if (!name.empty()) attributes->push_back({"CertificateTemplate", std::string(name)});
    }
    for (const auto& item : *attributes) {
        if (!isOneLine(item.name) || !isOneLine(item.value))
            return wrong("a request attribute or the template's name has more than one line, or "
                         "characters that are no text");
    }
    return wstep::Issue{*std::move(request), *std::move(attributes)};
}

} // namespace perennial::enrollment::server::web
