#pragma once

#include "controller/enrollment/web/html.h"
#include "shared/http/server/http_server.h"

namespace perennial::enrollment::server::web {

// What is the same on every page of one answer.
struct Frame {
    std::string authorityName;
    std::string callerName; // empty: nobody signed in
};

// A whole page: title and heading, skip link, navigation, content. No script, no foreign resource;
// the headers forbid both, and framing.
http::Answer pageAnswer(int status, const Frame& frame, Literal title, const Html& content);

http::Answer styleSheetAnswer(); // public
// Bytes to save: `contentType` exactly as it is, without a charset.
http::Answer downloadAnswer(Literal contentType, Literal fileName, std::string bytes);

} // namespace perennial::enrollment::server::web
