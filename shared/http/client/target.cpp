#include "shared/http/client/target.h"

#include "shared/base/encoding.h"
#include "shared/http/client/curl_handles.h"

namespace perennial::http {

namespace {

constexpr std::size_t urlLimit = 8192;

std::string partOf(CURLU* url, CURLUPart part, unsigned flags = 0)
{
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
    std::string value(text);
    curl_free(text);
    return value;
}

Error refusal(const std::string& url, const std::string& what)
{
    return {ErrorKind::InvalidInput, "URL " + toPrintable(url, 200) + ": " + what};
}

} // namespace

Result<Target> readTarget(const std::string& url, bool plainToo)
{
    if (url.size() > urlLimit || url.find('\0') != std::string::npos)
        return refusal(url, "over " + std::to_string(urlLimit) + " bytes, or with a NUL byte");
    const UrlHandle parsed(curl_url());
    if (!parsed) return Error{ErrorKind::Internal, "curl: out of memory"};
    const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
    if (code != CURLUE_OK) return refusal(url, curl_url_strerror(code));
    const auto scheme = partOf(parsed.get(), CURLUPART_SCHEME);
    if (scheme != "https" && !(plainToo && scheme == "http"))
        return refusal(url, plainToo ? "only http and https are spoken" : "only https is spoken");
    // No password may travel in a URL, nor show up in the messages that quote it.
    if (!partOf(parsed.get(), CURLUPART_USER).empty() ||
        !partOf(parsed.get(), CURLUPART_PASSWORD).empty())
        return Error{ErrorKind::InvalidInput, "a URL must not carry a user name or a password"};
    if (!partOf(parsed.get(), CURLUPART_FRAGMENT).empty())
        return refusal(url, "a fragment makes no sense");
    Target target;
    target.host = partOf(parsed.get(), CURLUPART_HOST);
    target.place = target.host + ":" + partOf(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
    // curl takes https:/host and https:///host for https://host.
    const auto slashes = url.find("://");
    if (target.host.empty() || slashes == std::string::npos || url.substr(slashes + 3, 1) == "/")
        return refusal(url, "no host");
    if (target.host.front() == '[') target.host = target.host.substr(1, target.host.size() - 2);
    return target;
}

} // namespace perennial::http
