#pragma once

#include "shared/base/table.h"
#include "shared/base/json.h"

#include <cstdint>
#include <string>

namespace perennial::cli {

// Members of answers as text for people: printable, whatever the server sent. Dots go down:
// "policy.commit". What is absent or null is empty.
std::string textOf(const Json& json, const std::string& member);
// "2026-11-21 06:00" (UTC) of an RFC 3339 time; what is none stays as it is.
std::string timeOf(const Json& json, const std::string& member);
std::int64_t numberOf(const Json& json, const std::string& member); // 0 when it is none
bool isTrue(const Json& json, const std::string& member);
const Json::Array& itemsOf(const Json& json, const std::string& member = "items"); // may be empty
std::string joined(const Json& list, const std::string& separator = ", ");
// {"role": "web"} as "role=web"
std::string labelsOf(const Json& json, const std::string& member);

// The answer as it is, indented; what could turn or hide text in a terminal is written as JSON's
// own escapes, so the values stay the same. Ends with a newline.
std::string prettyText(const Json& json);
std::string lineText(const Json& json); // canonical, in one line

} // namespace perennial::cli
