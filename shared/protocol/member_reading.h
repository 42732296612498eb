#pragma once

#include "shared/base/clock.h"
#include "shared/base/json.h"
#include "shared/model/identifiers.h"

#include <map>
#include <string>
#include <vector>

// Members that several messages have, each with its form checked. Wrong ones are reported through
// the reader.
namespace perennial::protocol {

inline constexpr std::size_t pemLimit = 512U << 10U;

void putVersion(Json& json);
void readVersion(JsonReader& in);

std::string readIdentifier(JsonReader& in, const std::string& member); // safe, not empty
std::string readOptionalIdentifier(JsonReader& in, const std::string& member);
std::string readHex(JsonReader& in, const std::string& member, std::size_t digits);
std::string readHexOrEmpty(JsonReader& in, const std::string& member, std::size_t digits);
TimePoint readTime(JsonReader& in, const std::string& member);
std::int64_t readCount(JsonReader& in, const std::string& member); // not negative
// Text with at least one block of this label and none that could be a private key.
std::string readPem(JsonReader& in, const std::string& member, const std::string& label);
std::string readHostName(JsonReader& in, const std::string& member);
std::map<std::string, std::string> readLabels(JsonReader& in, const std::string& member);

// For foreign text of certificates: longer elements than JsonReader's own strings().
std::vector<std::string> readLongStrings(
    JsonReader& in, const std::string& member, std::size_t count, std::size_t size);

Json::Array toArray(const std::vector<std::string>& texts);
Json::Object toObject(const std::map<std::string, std::string>& texts);

} // namespace perennial::protocol
