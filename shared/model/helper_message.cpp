#include "shared/model/helper_message.h"

#include "shared/base/json.h"

#include <algorithm>
#include <array>

namespace perennial::model {

namespace {

constexpr std::array<std::string_view, 5> verbNames = {
    "inspect", "test", "install", "rollback", "finish"};
constexpr std::size_t chainLimit = 200U << 10U;
constexpr std::size_t keyLimit = 32U << 10U;
constexpr std::size_t reasonLimit = 4096;
constexpr std::int64_t version = 1;

bool carriesPair(HelperVerb verb)
{
    return verb == HelperVerb::Install || verb == HelperVerb::Rollback;
}

// The key's text as a member, for as long as it is written.
Secret writtenWithKey(Json json, Secret&& key)
{
    json["key"] = std::string(key.reveal());
    Secret text(json.canonical());
    const Secret wiped(std::move(*json["key"].string()));
    return text;
}

Secret takeKey(Json& json)
{
    const bool there = json.find("key") != nullptr && json["key"].string() != nullptr;
    if (!there || json["key"].string()->size() > keyLimit) return {};
    Secret key(std::move(*json["key"].string()));
    json["key"] = std::string();
    return key;
}

Result<Json> parse(std::string_view text)
{
    Json::Limits limits;
    limits.bytes = helperMessageLimit;
    limits.depth = 3;
    limits.values = 20;
    return Json::parse(text, limits);
}

} // namespace

std::string_view nameOf(HelperVerb verb) { return verbNames.at(static_cast<std::size_t>(verb)); }

Secret toJson(HelperRequest&& request)
{
    Json json;
    json["version"] = version;
    json["verb"] = nameOf(request.verb);
    json["folder"] = request.folder;
    json["entry"] = request.entry;
    if (!request.order.empty()) json["order"] = request.order;
    if (!request.replaces.empty()) json["replaces"] = request.replaces;
    if (!request.unwanted.empty()) json["unwanted"] = request.unwanted;
    if (!carriesPair(request.verb)) return Secret(json.canonical());
    json["chain"] = request.chainPem;
    return writtenWithKey(std::move(json), std::move(request.keyPem));
}

Result<HelperRequest> helperRequestFromJson(std::string_view text)
{
    auto json = parse(text);
    if (!json) return json.error().in("request");
    HelperRequest request;
    request.keyPem = takeKey(*json);
    JsonReader in(*json, "request");
    if (in.integer("version") != version) in.fail("version", "must be 1");
    const auto* verb = std::find(verbNames.begin(), verbNames.end(), in.string("verb"));
    if (verb == verbNames.end()) in.fail("verb", "is unknown");
    if (auto status = in.finishIgnoringOthers(); !status) return status.error();
    request.verb = static_cast<HelperVerb>(verb - verbNames.begin());
    request.folder = in.string("folder");
    request.entry = in.string("entry");
    request.order = in.optionalString("order").value_or("");
    request.replaces = in.optionalString("replaces").value_or("");
    request.unwanted = in.optionalString("unwanted").value_or("");
    if (carriesPair(request.verb)) {
        request.chainPem = in.string("chain", chainLimit);
        (void)in.string("key");
        if (request.keyPem.empty()) in.fail("key", "is empty, or too long");
    }
    if (auto status = in.finish(); !status) return status.error();
    return request;
}

Secret toJson(HelperVerb verb, HelperAnswer&& answer)
{
    Json json;
    if (answer.refused) {
        json["refused"] = *answer.refused;
        return Secret(json.canonical());
    }
    if (verb != HelperVerb::Inspect) {
        json["done"] = true;
        return Secret(json.canonical());
    }
    json["found"] = answer.found;
    if (!answer.found) return Secret(json.canonical());
    json["chain"] = answer.chainPem;
    return writtenWithKey(std::move(json), std::move(answer.keyPem));
}

Result<HelperAnswer> helperAnswerFromJson(HelperVerb verb, std::string_view text)
{
    auto json = parse(text);
    if (!json) return json.error().in("answer");
    HelperAnswer answer;
    answer.keyPem = takeKey(*json);
    JsonReader in(*json, "answer");
    answer.refused = in.optionalString("refused", reasonLimit);
    if (answer.refused) {
        if (answer.refused->empty()) in.fail("refused", "must say why");
    } else if (verb != HelperVerb::Inspect) {
        if (!in.boolean("done")) in.fail("done", "must be true");
    } else {
        answer.found = in.boolean("found");
        if (answer.found) {
            answer.chainPem = in.string("chain", chainLimit);
            (void)in.string("key");
            if (answer.chainPem.empty()) in.fail("chain", "is empty");
            if (answer.keyPem.empty()) in.fail("key", "is empty, or too long");
        }
    }
    if (auto status = in.finish(); !status) return status.error();
    return answer;
}

} // namespace perennial::model
