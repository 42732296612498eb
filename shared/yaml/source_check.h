#pragma once

#include "shared/base/result.h"

#include <string>
#include <string_view>

namespace perennial::yaml {

// What the grammar leaves open and we do not: characters that deceive a reader or another parser.
// Takes the byte order mark away and turns CR LF into LF. Errors read "web.yaml:3: ...".
Result<std::string> checkSource(std::string_view text, const std::string& fileName);

// "" or what is wrong with a value: escapes such as "\0" can write what the source may not hold.
std::string findForbiddenCharacter(std::string_view text);

// "web.yaml:12: what", printable whatever the name holds.
Error errorAt(const std::string& fileName, int line, const std::string& what);

} // namespace perennial::yaml
