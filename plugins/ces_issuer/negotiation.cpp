#include "plugins/ces_issuer/negotiation.h"

#include "shared/http/client/target.h"
#include "shared/tls/channel_binding.h"

#include <algorithm>
#include <cctype>

namespace perennial::plugins {

namespace {

constexpr int connections = 3; // servers behind one name, each with a certificate of its own
constexpr std::string_view scheme = "negotiate";

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Up to the next comma that is in no quoted string (RFC 9110 5.6.4).
std::string_view takeElement(std::string_view& rest)
{
    bool quoted = false;
    std::size_t at = 0;
    for (; at < rest.size(); ++at) {
        if (quoted && rest[at] == '\\')
            ++at;
        else if (rest[at] == '"')
            quoted = !quoted;
        else if (rest[at] == ',' && !quoted)
            break;
    }
    const auto element = trimmed(rest.substr(0, std::min(at, rest.size())));
    rest.remove_prefix(std::min(at + 1, rest.size()));
    return element;
}

Status checkProof(const std::string& base64, gss::Initiation& initiation, gss::Trouble& trouble)
{
    trouble = gss::Trouble::Refused;
    const auto token = fromBase64(base64);
    if (!token)
        return Error{ErrorKind::PermissionDenied, "the service's Negotiate token is not base64"};
    auto proven = initiation.finish(*token);
    trouble = initiation.trouble();
    return proven;
}

// What is acted upon: an answer, or a SOAP fault. The rest may come from what stands before the
// service, and says only that there is no answer now.
bool isTheServicesWord(int status) { return status < 300 || status == 500; }

// What the service says to our token: we have asked it to prove itself (RFC 4120 3.2.4, what GSSAPI
// calls mutual authentication), and without that only TLS would tell who it is. A 401 stays a 401;
// why it is one, its token may say.
Result<http::ClientResponse> judge(
    http::ClientResponse response, gss::Initiation& initiation, gss::Trouble& trouble)
{
    const auto field = response.headers.find("www-authenticate");
    const auto said = field == response.headers.end() ? std::nullopt : negotiateIn(field->second);
    const bool refused = response.status == 401;
    if (refused) trouble = gss::Trouble::Refused;
    if (!said || said->empty()) {
        if (refused || !isTheServicesWord(response.status)) return response;
        trouble = gss::Trouble::Refused;
        return Error{ErrorKind::PermissionDenied,
            "the service took the Negotiate token and proved nothing of itself: its answer has no "
            "token of its own, so it may be anybody's"};
    }
    const auto proven = checkProof(*said, initiation, trouble);
    if (refused && proven) trouble = gss::Trouble::Refused;
    if (!refused && !proven) return proven.error();
    return response;
}

} // namespace

std::optional<std::string> negotiateIn(const std::string& challenges)
{
    std::string_view rest = challenges;
    while (!rest.empty()) {
        const auto element = takeElement(rest);
        if (element.size() < scheme.size()) continue;
        const bool named = std::equal(scheme.begin(), scheme.end(), element.begin(),
            [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
        const auto after = element.substr(scheme.size());
        if (named && (after.empty() || after.front() == ' ' || after.front() == '\t'))
            return std::string(trimmed(after));
    }
    return std::nullopt;
}

Result<http::ClientResponse> sendNegotiated(http::Client& client, http::ClientRequest request,
    const gss::Initiator& initiator, gss::Trouble& trouble)
{
    trouble = gss::Trouble::None;
    request.identifyServer = true;
    auto response = client.send(request);
    if (!response || response->status != 401) return response;
    const auto offers = response->headers.find("www-authenticate");
    if (offers == response->headers.end() || !negotiateIn(offers->second)) return response;
    const auto target = http::readTarget(request.url);
    if (!target) return target.error();
    for (int connection = 1;; ++connection) {
        request.onlyTo = client.server();
        if (!request.onlyTo) return response;
        auto initiation =
            initiator.start(target->host, tls::serverEndPoint(*request.onlyTo), trouble);
        if (!initiation) return initiation.error();
        request.headers["Authorization"] = "Negotiate " + toBase64(initiation->token());
        response = client.send(request);
        if (response) return judge(*std::move(response), *initiation, trouble);
        if (client.obstacle() != http::Obstacle::ServerChanged || connection == connections)
            return response;
    }
}

} // namespace perennial::plugins
