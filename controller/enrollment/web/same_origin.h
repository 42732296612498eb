#pragma once

#include "shared/http/server/http_server.h"

namespace perennial::enrollment::server::web {

// Whether a post may act. Browsers attach passwords, tickets and certificates to posts of foreign
// pages too, but say where a post comes from: Sec-Fetch-Site, Origin, Referer. What they say has to
// be this origin. Programs that are no browsers say nothing, and nobody can make them post.
bool isOwnPost(const http::Call& call);

} // namespace perennial::enrollment::server::web
