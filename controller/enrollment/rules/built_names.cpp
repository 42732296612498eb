#include "controller/enrollment/rules/built_names.h"

namespace perennial::enrollment::server {

namespace {

using Type = x509::GeneralName::Type;

std::string onlyName(const std::optional<x509::Certificate>& certificate, Type type)
{
    std::string found;
    if (!certificate) return found;
    for (const auto& name : certificate->alternativeNames()) {
        if (name.type != type) continue;
        if (!found.empty()) return {};
        found = name.value;
    }
    return found;
}

struct Source {
    Type type;
    HResult missing;
    const char* what;
};

Source sourceOf(const std::string& word)
{
    if (word == "upn") return {Type::Upn, HResult::SubjectUpnRequired, "user principal name"};
    if (word == "email") return {Type::Email, HResult::SubjectEmailRequired, "e-mail address"};
    return {Type::Dns, HResult::SubjectDnsRequired, "DNS name"};
}

std::string valueOf(const Caller& caller, const std::string& word)
{
    if (word == "caller") return caller.name;
    const auto& known = word == "upn"     ? caller.account.upn
                        : word == "email" ? caller.account.email
                                          : caller.account.dns;
    return known.empty() ? onlyName(caller.certificate, sourceOf(word).type) : known;
}

Refusal unknown(const std::string& word)
{
    const auto source = sourceOf(word);
    return {source.missing,
        std::string("The template needs the caller's ") + source.what + ", and none is known."};
}

} // namespace

std::variant<BuiltIdentity, Refusal> buildIdentity(
    const CertificateTemplate& t, const Caller& caller)
{
    BuiltIdentity identity;
    if (!t.built.commonName.empty()) {
        identity.commonName = valueOf(caller, t.built.commonName);
        if (identity.commonName.empty()) return unknown(t.built.commonName);
    }
    for (const auto& word : t.built.alternativeNames) {
        const auto value = valueOf(caller, word);
        if (value.empty()) return unknown(word);
        identity.alternativeNames.push_back({sourceOf(word).type, value});
    }
    if (t.securityExtension) identity.sid = caller.account.sid;
    return identity;
}

} // namespace perennial::enrollment::server
