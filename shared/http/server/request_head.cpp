#include "shared/http/server/request_head.h"

#include "shared/http/field_syntax.h"

#include <algorithm>
#include <optional>
#include <Poco/Exception.h>
#include <Poco/MemoryStream.h>
#include <Poco/Net/HTTPRequest.h>

namespace perennial::http {

namespace {

using PocoRequest = Poco::Net::HTTPRequest;

// Poco reads leniently: it passes over lines without a colon, joins folded lines, and decodes RFC
// 2047 words in values, which HTTP does not have. Whatever it could read in two ways is refused
// before. Returns the number of header lines, or the status to refuse with.
std::variant<int, Refusal> checkLines(std::string_view text)
{
    int lines = -1; // the request line is none of them
    while (!text.empty()) {
        const auto end = text.find("\r\n");
        if (end == std::string_view::npos) return Refusal{400};
        const auto line = text.substr(0, end);
        text.remove_prefix(end + 2);
        const bool folded = !line.empty() && (line.front() == ' ' || line.front() == '\t');
        if (line.empty() || folded || !isFieldValue(line)) return Refusal{400};
        if (++lines == 0) {
            if (line.size() > requestLineLimit) return Refusal{414};
        } else if (line.find("=?") != std::string_view::npos) {
            return Refusal{400};
        }
        if (lines > headerLimit) return Refusal{431};
    }
    return lines;
}

// Poco takes field values of 8 KiB; a Kerberos token that lists the groups of an Active Directory
// account is longer. Such a line is taken out before Poco reads the head.
std::optional<std::string> takeLongCredentials(std::string& text)
{
    constexpr std::size_t pocoLimit = 8000;
    constexpr std::string_view name = "authorization:";
    for (auto at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at + 2)) {
        const auto start = at + 2;
        const auto end = text.find("\r\n", start);
        if (end == std::string::npos) break;
        if (end - start <= pocoLimit || lowerCase(text.substr(start, name.size())) != name)
            continue;
        auto value = text.substr(start + name.size(), end - start - name.size());
        value.erase(0, value.find_first_not_of(" \t"));
        value.erase(value.find_last_not_of(" \t") + 1);
        text.erase(start, end + 2 - start);
        return value;
    }
    return std::nullopt;
}

std::optional<PocoRequest> parse(std::string_view text)
{
    try {
        const std::string complete = std::string(text) + "\r\n";
        Poco::MemoryInputStream in(complete.data(), static_cast<std::streamsize>(complete.size()));
        PocoRequest request;
        request.setFieldLimit(headerLimit);
        request.read(in);
        return request;
    } catch (const Poco::Exception&) {
        return std::nullopt;
    }
}

bool takeHeaders(const PocoRequest& request, std::map<std::string, std::string>& headers)
{
    for (const auto& [name, value] : request) {
        if (!isToken(name)) return false;
        auto& joined = headers[lowerCase(name)];
        joined += joined.empty() ? value : ", " + value;
    }
    return true;
}

std::size_t countOf(const PocoRequest& request, const std::string& name)
{
    std::size_t count = 0;
    for (auto at = request.find(name); at != request.end() && lowerCase(at->first) == name; ++at)
        ++count;
    return count;
}

bool hasToken(const RequestHead& head, const std::string& header, const std::string& token)
{
    const auto found = head.headers.find(header);
    if (found == head.headers.end()) return false;
    const std::string list = "," + lowerCase(found->second) + ",";
    std::string packed;
    std::copy_if(list.begin(), list.end(), std::back_inserter(packed),
        [](char c) { return c != ' ' && c != '\t'; });
    return packed.find("," + token + ",") != std::string::npos;
}

// RFC 9112 6.3, without its leniency: a length that can be read in two ways is an attack.
int findLength(const PocoRequest& request, bool version11, RequestHead& head)
{
    const auto lengths = countOf(request, "content-length");
    const auto codings = countOf(request, "transfer-encoding");
    if (codings > 0) {
        if (codings > 1 || lengths > 0 || !version11) return 400;
        if (lowerCase(head.headers.at("transfer-encoding")) != "chunked") return 501;
        head.chunked = true;
    }
    if (lengths > 0) {
        const auto& digits = head.headers.at("content-length");
        if (lengths > 1 || digits.empty() || digits.size() > 18 ||
            digits.find_first_not_of("0123456789") != std::string::npos)
            return 400;
        head.contentLength = std::stoull(digits);
    }
    return 0;
}

int findExpectation(RequestHead& head)
{
    const auto expect = head.headers.find("expect");
    if (expect == head.headers.end()) return 0;
    if (lowerCase(expect->second) != "100-continue") return 417;
    head.expectsContinue = true;
    return 0;
}

} // namespace

std::variant<RequestHead, Refusal> readHead(std::string_view text)
{
    const auto lines = checkLines(text);
    if (const auto* refusal = std::get_if<Refusal>(&lines)) return *refusal;
    std::string shorter(text);
    const auto credentials = takeLongCredentials(shorter);
    const auto request = parse(shorter);
    if (!request) return Refusal{400};
    const std::string line =
        request->getMethod() + " " + request->getURI() + " " + request->getVersion();
    if (text.substr(0, text.find("\r\n")) != line || !isToken(request->getMethod()))
        return Refusal{400};
    const bool version11 = request->getVersion() == "HTTP/1.1";
    if (!version11 && request->getVersion() != "HTTP/1.0") return Refusal{505};

    RequestHead head;
    head.method = request->getMethod();
    if (!takeHeaders(*request, head.headers) ||
        static_cast<int>(request->size()) + (credentials ? 1 : 0) != std::get<int>(lines))
        return Refusal{400};
    if (credentials) {
        auto& joined = head.headers["authorization"];
        joined += joined.empty() ? *credentials : ", " + *credentials;
    }
    auto target = readRequestTarget(request->getURI());
    if (!target) return Refusal{400};
    head.target = *std::move(target);
    const auto hosts = countOf(*request, "host");
    if (hosts > 1 || (version11 && hosts == 0)) return Refusal{400};
    if (const int status = findLength(*request, version11, head)) return Refusal{status};
    if (const int status = findExpectation(head)) return Refusal{status};
    head.keepAlive = version11 && !hasToken(head, "connection", "close");
    return head;
}

} // namespace perennial::http
