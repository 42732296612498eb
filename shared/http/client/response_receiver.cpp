#include "shared/http/client/response_receiver.h"

#include "shared/http/field_syntax.h"

namespace perennial::http {

namespace {

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

} // namespace

bool ResponseReceiver::takeHeaderLine(std::string_view line)
{
    headBytes_ += line.size();
    if (headBytes_ > headLimit) {
        overrun_ = "a head over " + std::to_string(headLimit) + " bytes";
        return false;
    }
    if (line.substr(0, 5) == "HTTP/") { // an interim answer is forgotten when the next one begins
        response_.headers.clear();
        inHead_ = true;
        return true;
    }
    if (!inHead_) return true; // a trailer
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        inHead_ = !trimmed(line).empty();
        return true;
    }
    auto& value = response_.headers[lowerCase(trimmed(line.substr(0, colon)))];
    if (!value.empty()) value += ", "; // RFC 9110 5.3
    value += trimmed(line.substr(colon + 1));
    return true;
}

bool ResponseReceiver::takeBody(std::string_view bytes)
{
    if (bytes.size() > bodyLimit_ - response_.body.size()) {
        overrun_ = "a body over " + std::to_string(bodyLimit_) + " bytes";
        return false;
    }
    response_.body += bytes;
    return true;
}

ClientResponse ResponseReceiver::take(int status) &&
{
    response_.status = status;
    return std::move(response_);
}

} // namespace perennial::http
