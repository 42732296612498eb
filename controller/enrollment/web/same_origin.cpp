#include "controller/enrollment/web/same_origin.h"

#include "controller/enrollment/web/parameters.h"

namespace perennial::enrollment::server::web {

namespace {

// "https://pki.example.test:8443"; the default port is left out, as browsers do.
std::string originOf(const std::string& host)
{
    auto origin = "https://" + lowered(host);
    const std::string port = ":443";
    if (origin.size() > port.size() && origin.ends_with(port))
        origin.resize(origin.size() - port.size());
    return origin;
}

} // namespace

bool isOwnPost(const http::Call& call)
{
    const auto header = [&](const char* name) -> const std::string* {
        const auto found = call.headers.find(name);
        return found == call.headers.end() ? nullptr : &found->second;
    };
    // "none": the user's own doing, such as a reload.
    if (const auto* site = header("sec-fetch-site");
        site != nullptr && *site != "same-origin" && *site != "none")
        return false;
    const auto* host = header("host");
    const auto own = host == nullptr ? std::string() : originOf(*host);
    if (const auto* origin = header("origin")) return host != nullptr && lowered(*origin) == own;
    if (const auto* referer = header("referer"))
        return host != nullptr && lowered(*referer).rfind(own + "/", 0) == 0;
    return true;
}

} // namespace perennial::enrollment::server::web
