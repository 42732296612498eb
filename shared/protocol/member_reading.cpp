#include "shared/protocol/member_reading.h"

#include "shared/base/encoding.h"
#include "shared/model/policy.h"
#include "shared/protocol/agent_messages.h"

#include <algorithm>

namespace perennial::protocol {

namespace {

bool isLowerHex(const std::string& text, std::size_t digits)
{
    return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool isHostNameCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

} // namespace

void putVersion(Json& json) { json["version"] = version; }

void readVersion(JsonReader& in)
{
    const auto theirs = in.integer("version");
    if (theirs >= std::max(1, version - 1) && theirs <= version) return;
    in.fail("version", std::to_string(theirs) + " is not spoken here; " + std::to_string(version) +
                           " is: upgrade the older side");
}

std::string readIdentifier(JsonReader& in, const std::string& member)
{
    auto text = in.string(member, 128);
    if (!model::isSafeIdentifier(text)) in.fail(member, "is not a safe identifier");
    return text;
}

std::string readOptionalIdentifier(JsonReader& in, const std::string& member)
{
    auto text = in.string(member, 128);
    if (!text.empty() && !model::isSafeIdentifier(text))
        in.fail(member, "is not a safe identifier");
    return text;
}

std::string readHex(JsonReader& in, const std::string& member, std::size_t digits)
{
    auto text = in.string(member, digits);
    if (!isLowerHex(text, digits))
        in.fail(member, "must be " + std::to_string(digits) + " lower-case hex digits");
    return text;
}

std::string readHexOrEmpty(JsonReader& in, const std::string& member, std::size_t digits)
{
    auto text = in.string(member, digits);
    if (!text.empty() && !isLowerHex(text, digits))
        in.fail(member, "must be empty or " + std::to_string(digits) + " lower-case hex digits");
    return text;
}

TimePoint readTime(JsonReader& in, const std::string& member)
{
    const auto time = timeFromRfc3339(in.string(member, 64));
    if (time) return *time;
    in.fail(member, "is no RFC 3339 time");
    return {};
}

std::int64_t readCount(JsonReader& in, const std::string& member)
{
    const auto count = in.integer(member);
    if (count < 0) in.fail(member, "is negative");
    return count;
}

std::string readPem(JsonReader& in, const std::string& member, const std::string& label)
{
    auto text = in.string(member, pemLimit);
    if (text.find("-----BEGIN " + label + "-----") == std::string::npos)
        in.fail(member, "has no PEM block \"" + label + "\"");
    return text;
}

std::string readHostName(JsonReader& in, const std::string& member)
{
    auto text = in.string(member, 253);
    if (text.empty() || text.front() == '.' || text.front() == '-' ||
        !std::all_of(text.begin(), text.end(), isHostNameCharacter))
        in.fail(member, "is no host name");
    return text;
}

std::map<std::string, std::string> readLabels(JsonReader& in, const std::string& member)
{
    auto labels = in.stringMap(member);
    for (const auto& [name, value] : labels) {
        if (!model::isLabel(name, value)) in.fail(member, "has a label that is not allowed");
    }
    return labels;
}

std::vector<std::string> readLongStrings(
    JsonReader& in, const std::string& member, std::size_t count, std::size_t size)
{
    std::vector<std::string> texts;
    for (const auto& element : in.array(member, count)) {
        const auto* text = element.string();
        if (text == nullptr || text->size() > size) {
            in.fail(member, "must be texts of at most " + std::to_string(size) + " bytes");
            return {};
        }
        texts.push_back(*text);
    }
    return texts;
}

Json::Array toArray(const std::vector<std::string>& texts)
{
    return Json::Array(texts.begin(), texts.end());
}

Json::Object toObject(const std::map<std::string, std::string>& texts)
{
    return Json::Object(texts.begin(), texts.end());
}

bool carriesPrivateKey(const Json& json)
{
    if (const auto* text = json.string())
        return text->find("PRIVATE KEY-----") != std::string::npos;
    if (const auto* array = json.array())
        return std::any_of(array->begin(), array->end(), carriesPrivateKey);
    if (const auto* object = json.object())
        return std::any_of(object->begin(), object->end(),
            [](const auto& member) { return carriesPrivateKey(member.second); });
    return false;
}

Status refusePrivateKeys(const Json& json, const std::string& message)
{
    if (!carriesPrivateKey(json)) return {};
    return Error{ErrorKind::PermissionDenied,
        message + ": holds a private key; keys never leave their server, so it is not read"};
}

} // namespace perennial::protocol
