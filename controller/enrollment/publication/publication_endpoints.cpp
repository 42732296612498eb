#include "controller/enrollment/publication/publication_endpoints.h"

namespace perennial::enrollment::server {

namespace {

constexpr const char* listType = "application/pkix-crl";         // RFC 5280 4.2.1.13
constexpr const char* certificateType = "application/pkix-cert"; // RFC 5280 4.2.2.1
constexpr const char* ocspType = "application/ocsp-response";    // RFC 6960 A.2
constexpr Duration longestAge = std::chrono::minutes(5); // a revocation is not kept back by caches

http::Answer plain(int status, const std::string& text)
{
    return {status, "text/plain", text + "\n", {}};
}

http::Answer notAllowed(const std::string& allowed)
{
    auto answer = plain(405, "use " + allowed);
    answer.headers["Allow"] = allowed;
    return answer;
}

http::Answer file(const char* type, const Bytes& der)
{
    return {200, type, der, {{"Cache-Control", "max-age=" + std::to_string(longestAge.count())}}};
}

} // namespace

http::Answer PublicationEndpoints::answer(const http::Call& call)
{
    static const std::string ocspPath = std::string("/") + published::ocsp;
    if (parts_.ocsp != nullptr &&
        (call.path == ocspPath || call.path.rfind(ocspPath + "/", 0) == 0))
        return answerOcsp(call);
    if (call.method != "GET" && call.method != "HEAD") return notAllowed("GET, HEAD");
    return answerFile(call.path.substr(1));
}

http::Answer PublicationEndpoints::answerFile(const std::string& name)
{
    if (name == published::issuing)
        return file(certificateType, parts_.authority.certificate().toDer());
    if (name == published::root && !parts_.authority.above().empty())
        return file(certificateType, parts_.authority.above().back().toDer());
    if (name == published::rootList) {
        const auto der = parts_.files.read(parts_.rootListFile);
        return der ? file(listType, *der) : plain(404, "not found");
    }
    const auto lists = parts_.publisher.current();
    if (name == published::baseList && lists.base) return file(listType, lists.base->toDer());
    if (name == published::deltaList && lists.delta) return file(listType, lists.delta->toDer());
    return plain(404, "not found");
}

// RFC 6960 A.1: the request is the body of a POST, or in Base64 the rest of a GET's path.
http::Answer PublicationEndpoints::answerOcsp(const http::Call& call)
{
    Bytes request = call.body;
    if (call.method == "GET" || call.method == "HEAD") {
        const auto start = std::string(published::ocsp).size() + 2;
        const auto decoded = fromBase64(call.path.size() > start ? call.path.substr(start) : "");
        request = decoded ? *decoded : Bytes();
    } else if (call.method != "POST") {
        return notAllowed("GET, HEAD, POST");
    } else {
        const auto type = call.headers.find("content-type");
        if (type == call.headers.end() || type->second.rfind("application/ocsp-request", 0) != 0)
            return plain(415, "Content-Type must be application/ocsp-request");
    }
    const auto given = parts_.ocsp->answer(request, parts_.clock.now());
    http::Answer answer{200, ocspType, given.der, {}};
    const bool shared = given.reusable && call.method != "POST";
    answer.headers["Cache-Control"] =
        shared ? "max-age=" + std::to_string(longestAge.count()) : "no-store";
    return answer;
}

} // namespace perennial::enrollment::server
