#include "agent/enroller/examination.h"

#include "agent/enroller/caller_place.h"
#include "shared/base/file_system.h"
#include "shared/protocol/policy_messages.h"

namespace perennial::agent {

namespace {

Result<RenewalMaterial> readMaterial(const std::string& certificateFile, const std::string& keyFile)
{
    PosixFileSystem files;
    const auto pem = files.read(certificateFile, 256U << 10U);
    if (!pem) return pem.error();
    auto chain = x509::Certificate::allFromPem(*pem);
    if (!chain) return chain.error().in(certificateFile);
    if (chain->empty())
        return Error{ErrorKind::InvalidInput, certificateFile + ": holds no certificate"};
    auto text = files.read(keyFile, x509::PrivateKey::sizeLimit);
    if (!text) return text.error();
    auto oldKey = x509::PrivateKey::fromPem(Secret(*std::move(text)));
    if (!oldKey) return oldKey.error().in(keyFile);
    if (!oldKey->matches(chain->front()))
        return Error{ErrorKind::Conflict, keyFile + " is not the key of " + certificateFile};
    auto newKey = x509::PrivateKey::generate("ec-p256"); // for the dry run, then forgotten
    if (!newKey) return newKey.error();
    const auto leaf = chain->front();
    return RenewalMaterial{leaf, *std::move(chain),
        std::make_shared<x509::PrivateKey>(*std::move(oldKey)),
        std::make_shared<x509::PrivateKey>(*std::move(newKey))};
}

struct FirstQuestion {
    FirstEnrollment first;
    CallerPlace caller;
};

// Template, name and who asks.
FirstQuestion readFirst(JsonReader& in, const std::string& host)
{
    FirstQuestion question;
    auto& first = question.first;
    first.templateName = in.string("template");
    first.subject = in.optionalString("name", 255).value_or(host);
    first.names = {{x509::GeneralName::Type::Dns, first.subject}};
    first.keyType = in.optionalString("key_type").value_or("");
    question.caller = readCaller(in);
    return question;
}

Json written(const Examination& line)
{
    Json json;
    json["step"] = line.step;
    json["verdict"] = std::string(nameOf(line.verdict));
    json["seen"] = line.seen;
    json["mend"] = line.mend;
    return json;
}

std::vector<Examination> examineFirst(Issuer& issuer, FirstQuestion question)
{
    auto caller = callerAt(question.caller);
    if (!caller)
        return {{"identity", Examination::Verdict::Bad, toPrintable(caller.error().message),
            "mend the password's place: the administrator of this host"}};
    question.first.caller = *std::move(caller);
    return issuer.examineFirst(question.first);
}

} // namespace

Result<Json> examine(const Json& question, const PluginRegistry& plugins, TimePoint now)
{
    JsonReader in(question, "question");
    auto service = protocol::enrollmentServiceFromJson(in.value("service"));
    const auto host = in.string("host", 255);
    const auto certificateFile = in.optionalString("certificate_file").value_or("");
    const auto keyFile = in.optionalString("key_file").value_or("");
    const auto policyUrl = in.optionalString("policy_url").value_or("");
    std::optional<FirstQuestion> first;
    if (!policyUrl.empty()) first = readFirst(in, host);
    if (auto status = in.finish(); !status) return status.error();
    if (!service) return service.error();
    if (!policyUrl.empty()) service->policyEndpoints = {policyUrl};
    const auto issuer = plugins.makeIssuer(service->issuer, *service);
    if (!issuer) return issuer.error();
    (*issuer)->begin({now, host, ""});
    Json answer;
    answer["lines"] = Json(Json::Array{});
    if (first) {
        for (const auto& line : examineFirst(**issuer, *std::move(first)))
            answer["lines"].push(written(line));
        return answer;
    }
    std::optional<RenewalMaterial> material;
    if (!certificateFile.empty()) {
        auto read = readMaterial(certificateFile, keyFile);
        if (read)
            material = *std::move(read);
        else
            answer["lines"].push(written(
                {"key", Examination::Verdict::Remark, toPrintable(read.error().message), ""}));
    }
    for (const auto& line : (*issuer)->examine(material ? &*material : nullptr))
        answer["lines"].push(written(line));
    return answer;
}

} // namespace perennial::agent
