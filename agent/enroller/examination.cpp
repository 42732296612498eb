#include "agent/enroller/examination.h"

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

Json written(const Examination& line)
{
    Json json;
    json["step"] = line.step;
    json["verdict"] = std::string(nameOf(line.verdict));
    json["seen"] = line.seen;
    json["mend"] = line.mend;
    return json;
}

} // namespace

Result<Json> examine(const Json& question, const PluginRegistry& plugins, TimePoint now)
{
    JsonReader in(question, "question");
    auto service = protocol::enrollmentServiceFromJson(in.value("service"));
    const auto host = in.string("host", 255);
    const auto certificateFile = in.optionalString("certificate_file").value_or("");
    const auto keyFile = in.optionalString("key_file").value_or("");
    const KerberosCaller kerberos{
        in.optionalString("principal").value_or(""), in.optionalString("keytab_file").value_or("")};
    const auto policyUrl = in.optionalString("policy_url").value_or("");
    if (kerberos.principal.empty() != policyUrl.empty() ||
        kerberos.keytabFile.empty() != policyUrl.empty())
        in.fail("principal", "comes with keytab_file and policy_url");
    if (auto status = in.finish(); !status) return status.error();
    if (!service) return service.error();
    if (!policyUrl.empty()) service->policyEndpoints = {policyUrl};
    const auto issuer = plugins.makeIssuer(service->issuer, *service);
    if (!issuer) return issuer.error();
    (*issuer)->begin({now, host, ""});
    Json answer;
    answer["lines"] = Json(Json::Array{});
    if (!policyUrl.empty()) {
        FirstEnrollment first;
        first.caller = kerberos;
        for (const auto& line : (*issuer)->examineFirst(first))
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
