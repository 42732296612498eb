#include "shared/protocol/agent_messages.h"
#include "shared/protocol/member_reading.h"

namespace perennial::protocol {

namespace {

constexpr std::size_t secretLimit = 512;

std::string readSecret(JsonReader& in, const std::string& member)
{
    auto text = in.string(member, secretLimit);
    if (text.size() < 22 || text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                                                   "uvwxyz0123456789-_") != std::string::npos)
        in.fail(member, "is not the secret of a join token");
    return text;
}

} // namespace

Json toJson(const JoinRequest& request)
{
    Json json;
    putVersion(json);
    json["token"] = request.token;
    json["host_name"] = request.hostName;
    json["request"] = request.requestPem;
    return json;
}

Result<JoinRequest> joinRequestFromJson(const Json& json)
{
    if (auto status = refusePrivateKeys(json, "join request"); !status) return status.error();
    JsonReader in(json, "join request");
    readVersion(in);
    JoinRequest request;
    request.token = readSecret(in, "token");
    request.hostName = readHostName(in, "host_name");
    request.requestPem = readPem(in, "request", "CERTIFICATE REQUEST");
    if (auto status = in.finish(); !status) return status.error();
    return request;
}

Json toJson(const JoinAnswer& answer)
{
    Json json;
    putVersion(json);
    json["agent_id"] = answer.agent.text();
    json["identity"] = answer.identityPem;
    json["authority"] = answer.authorityPem;
    json["labels"] = toObject(answer.labels);
    return json;
}

Result<JoinAnswer> joinAnswerFromJson(const Json& json)
{
    if (auto status = refusePrivateKeys(json, "join answer"); !status) return status.error();
    JsonReader in(json, "join answer");
    readVersion(in);
    JoinAnswer answer;
    answer.agent = model::AgentId(readIdentifier(in, "agent_id"));
    answer.identityPem = readPem(in, "identity", "CERTIFICATE");
    answer.authorityPem = readPem(in, "authority", "CERTIFICATE");
    answer.labels = readLabels(in, "labels");
    if (auto status = in.finish(); !status) return status.error();
    return answer;
}

Json toJson(const IdentityRequest& request)
{
    Json json;
    putVersion(json);
    json["request"] = request.requestPem;
    return json;
}

Result<IdentityRequest> identityRequestFromJson(const Json& json)
{
    if (auto status = refusePrivateKeys(json, "identity request"); !status) return status.error();
    JsonReader in(json, "identity request");
    readVersion(in);
    IdentityRequest request;
    request.requestPem = readPem(in, "request", "CERTIFICATE REQUEST");
    if (auto status = in.finish(); !status) return status.error();
    return request;
}

Json toJson(const IdentityAnswer& answer)
{
    Json json;
    putVersion(json);
    json["identity"] = answer.identityPem;
    return json;
}

Result<IdentityAnswer> identityAnswerFromJson(const Json& json)
{
    if (auto status = refusePrivateKeys(json, "identity answer"); !status) return status.error();
    JsonReader in(json, "identity answer");
    readVersion(in);
    IdentityAnswer answer;
    answer.identityPem = readPem(in, "identity", "CERTIFICATE");
    if (auto status = in.finish(); !status) return status.error();
    return answer;
}

} // namespace perennial::protocol
