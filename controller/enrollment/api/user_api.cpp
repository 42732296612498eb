#include "controller/enrollment/api/user_api.h"

#include "controller/enrollment/api/answers.h"

namespace perennial::enrollment::server {

namespace {

const std::string usersPath = "/v1/users";
const std::string userPrefix = "/v1/users/";
const std::string removeSuffix = "/remove";
constexpr std::size_t groupLimit = 100;

Json toJson(const std::string& name, const std::set<std::string>& groups)
{
    Json item;
    item["name"] = name;
    item["groups"] = Json(Json::Array(groups.begin(), groups.end()));
    return item;
}

http::Answer answerOf(const Result<Json>& result)
{
    return result ? jsonAnswer(200, *result) : failureAnswer(result.error());
}

} // namespace

std::optional<http::Answer> UserApi::answer(const std::string& admin, const http::Call& call)
{
    if (call.path == usersPath && call.method == "GET") return jsonAnswer(200, list());
    if (call.path.rfind(userPrefix, 0) != 0 || call.method != "POST") return std::nullopt;
    auto name = call.path.substr(userPrefix.size());
    if (name.size() > removeSuffix.size() &&
        name.compare(name.size() - removeSuffix.size(), removeSuffix.size(), removeSuffix) == 0) {
        name.erase(name.size() - removeSuffix.size());
        const auto gone = desk_.remove(admin, name);
        return answerOf(gone ? Result(toJson(name, gone->groups)) : Result<Json>(gone.error()));
    }
    return answerOf(put(admin, name, call));
}

Json UserApi::list() const
{
    const auto users = users_.current();
    Json body;
    body["items"] = Json(Json::Array{});
    for (const auto& name : users->names())
        body["items"].push(toJson(name, users->groupsOf(name)));
    return body;
}

Result<Json> UserApi::put(const std::string& admin, const std::string& name, const http::Call& call)
{
    const auto body = Json::parse(call.body);
    if (!body) return body.error();
    JsonReader in(*body, "body");
    const Secret password(in.string("password"));
    const auto listed = in.optionalStrings("groups", groupLimit);
    if (auto status = in.finish(); !status) return status.error();
    const std::set<std::string> groups(listed.begin(), listed.end());
    const auto done = desk_.put(admin, name, password, groups);
    if (!done) return done.error();
    auto item = toJson(name, groups);
    item["added"] = done->kind == UserChange::Kind::Added;
    return item;
}

} // namespace perennial::enrollment::server
