#pragma once

#include "controller/enrollment/web/parameters.h"

namespace perennial::enrollment::server::web {

// multipart/form-data (RFC 7578, RFC 2046 5.1.1), strict: every part has a Content-Disposition with
// a name, the last boundary is there, and nothing but white space comes before the first or after
// the last one. Transfer encodings are refused: HTTP has none.
Result<Parameters> readMultipart(std::string_view contentType, std::string_view body);

} // namespace perennial::enrollment::server::web
