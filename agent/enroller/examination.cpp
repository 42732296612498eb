#include "agent/enroller/examination.h"

#include "shared/base/credential.h"
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

std::optional<CredentialSource> passwordIn(JsonReader& in)
{
    using Kind = CredentialSource::Kind;
    std::optional<CredentialSource> source;
    for (const auto& [member, kind] :
        {std::pair("password_file", Kind::File), std::pair("password_credential", Kind::Service),
            std::pair("password_key", Kind::Keyring)}) {
        const auto name = in.optionalString(member, 4096);
        if (name && source) in.fail(member, "is one too many");
        if (name) source = CredentialSource{kind, *name};
    }
    return source;
}

struct FirstQuestion {
    FirstEnrollment first;
    std::optional<CredentialSource> password; // where the caller's lies
    std::string credentialsFolder;
};

// Template, name and who asks: by Kerberos, or with a password that lies where the question says.
FirstQuestion readFirst(JsonReader& in, const std::string& host)
{
    FirstQuestion question;
    auto& first = question.first;
    first.templateName = in.string("template");
    first.subject = in.optionalString("name", 255).value_or(host);
    first.names = {{x509::GeneralName::Type::Dns, first.subject}};
    first.keyType = in.optionalString("key_type").value_or("");
    const auto principal = in.optionalString("principal").value_or("");
    const auto keytab = in.optionalString("keytab_file", 4096).value_or("");
    const auto user = in.optionalString("user").value_or("");
    question.password = passwordIn(in);
    question.credentialsFolder = in.optionalString("credentials_folder", 4096).value_or("");
    if (principal.empty() != keytab.empty()) in.fail("principal", "comes with keytab_file");
    if (user.empty() == question.password.has_value())
        in.fail("user", "comes with the place of its password");
    if (user.empty() == principal.empty())
        in.fail("user", "or \"principal\", one of them, says who asks");
    if (user.empty())
        first.caller = KerberosCaller{principal, keytab};
    else
        first.caller = PasswordCaller{user, Secret("")};
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
    if (auto* user = std::get_if<PasswordCaller>(&question.first.caller); user != nullptr) {
        auto password = readCredential(*question.password, question.credentialsFolder);
        if (!password)
            return {{"identity", Examination::Verdict::Bad, toPrintable(password.error().message),
                "mend the password's place: the administrator of this host"}};
        user->password = *std::move(password);
    }
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
