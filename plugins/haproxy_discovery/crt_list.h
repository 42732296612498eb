#pragma once

#include "shared/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::haproxy {

// One line of a crt-list: a certificate's file and the server names it is for. Without names, those
// of the certificate.
struct CrtListLine {
    std::string file;
    std::vector<std::string> names; // as written: "a.test", "*.a.test", "!b.a.test"
    int line = 0;
};

// A crt-list: "<file> [<settings>] <names>" a line, comments after '#'. InvalidInput names the
// line.
Result<std::vector<CrtListLine>> parseCrtList(std::string_view text);

} // namespace perennial::plugins::haproxy
